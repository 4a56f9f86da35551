package dev.gamelan.shape;

/** Extents do not fit the operation. */
public final class ShapeException extends GamelanException {

    private static final long serialVersionUID = 1L;

    public ShapeException(String message) {
        super(message);
    }

    /** The house form: a headline, then what was expected and what was received, each on a line of its own. */
    public static ShapeException of(String headline, String expected, String received) {
        return new ShapeException(headline + "\n  expected  " + expected + "\n  received  " + received);
    }
}
