package dev.gamelan.domains.data;

/** Told how far a long read or a download has come. */
@FunctionalInterface
public interface Progress {

    Progress NONE = (what, done, total) -> {};

    /** @param total in the unit of {@code done}; -1 if not known */
    void update(String what, long done, long total);
}
