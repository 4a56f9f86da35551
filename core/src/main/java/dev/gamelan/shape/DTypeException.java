package dev.gamelan.shape;

/** Element types do not fit the operation. */
public final class DTypeException extends GamelanException {

    private static final long serialVersionUID = 1L;

    public DTypeException(String message) {
        super(message);
    }
}
