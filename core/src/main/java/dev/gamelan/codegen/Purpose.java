package dev.gamelan.codegen;

/** What a program is compiled for. */
enum Purpose {
    /** To run a time or two. */
    ONCE,
    /** To run again and again within another program, or on the way to its inputs. */
    PART,
    /** To give the results that the process was started for. */
    RESULT;

    /** That of the programs inside of it. */
    Purpose ofBodies() {
        return this == ONCE ? ONCE : PART;
    }
}
