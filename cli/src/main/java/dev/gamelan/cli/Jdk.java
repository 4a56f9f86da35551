package dev.gamelan.cli;

/** What is known of JDK releases. */
final class Jdk {

    private static final Runtime.Version SOUND = Runtime.Version.parse("25.0.3");

    private Jdk() {}

    /** JDK-8377811: before 25.0.3, G1 is reported to corrupt large arrays. */
    static boolean corruptsUnderG1(Runtime.Version version, String collectors) {
        return version.feature() == SOUND.feature() && version.compareToIgnoreOptional(SOUND) < 0 && collectors.contains("G1");
    }
}
