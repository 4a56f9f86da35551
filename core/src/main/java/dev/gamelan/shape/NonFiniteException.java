package dev.gamelan.shape;

/** A NaN or an infinity appeared where the caller asked to be told. */
public final class NonFiniteException extends GamelanException {

    private static final long serialVersionUID = 1L;

    public NonFiniteException(String message) {
        super(message);
    }
}
