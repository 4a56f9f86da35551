package dev.gamelan.codegen;

/** An emitted method is larger than HotSpot compiles. */
final class MethodTooLargeException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    MethodTooLargeException(String message) {
        super(message);
    }
}
