package dev.gamelan.shape;

/** A file or a text is not what its format says it should be. */
public final class FormatException extends GamelanException {

    private static final long serialVersionUID = 1L;

    public FormatException(String message) {
        super(message);
    }

    public FormatException(String message, Throwable cause) {
        super(message, cause);
    }
}
