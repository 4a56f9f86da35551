package dev.gamelan.shape;

/** A parameter, layer or file entry is missing, unexpected or named twice. */
public final class NameException extends GamelanException {

    private static final long serialVersionUID = 1L;

    public NameException(String message) {
        super(message);
    }
}
