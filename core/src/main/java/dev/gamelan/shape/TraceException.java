package dev.gamelan.shape;

/** A value was asked for where only its description exists, or a traced function did what cannot be compiled. */
public final class TraceException extends GamelanException {

    private static final long serialVersionUID = 1L;

    public TraceException(String message) {
        super(message);
    }
}
