package dev.gamelan.shape;

/** What can go wrong in a tensor program. Every message says what was expected, what was received and what to do. */
public abstract sealed class GamelanException extends RuntimeException
        permits ShapeException, DTypeException, TraceException, NameException, NonFiniteException, FormatException {

    private static final long serialVersionUID = 1L;

    GamelanException(String message) {
        super(message);
    }

    GamelanException(String message, Throwable cause) {
        super(message, cause);
    }
}
