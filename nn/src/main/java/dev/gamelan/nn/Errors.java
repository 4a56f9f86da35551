package dev.gamelan.nn;

import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.NonFiniteException;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.function.Supplier;

/** Adds to an error in which layer it happened. */
final class Errors {

    private static final String MARK = "\n  in layer  ";

    private Errors() {}

    static <T> T inLayer(String path, Block<?, ?> block, Supplier<T> call) {
        try {
            return call.get();
        } catch (GamelanException e) {
            String message = String.valueOf(e.getMessage());
            throw message.contains(MARK) ? e : at(e, message + MARK + path + "  " + block);
        }
    }

    private static GamelanException at(GamelanException e, String message) {
        GamelanException result = switch (e) {
            case ShapeException _ -> new ShapeException(message);
            case DTypeException _ -> new DTypeException(message);
            case TraceException _ -> new TraceException(message);
            case NameException _ -> new NameException(message);
            case NonFiniteException _ -> new NonFiniteException(message);
            case FormatException _ -> new FormatException(message, e);
        };
        result.setStackTrace(e.getStackTrace());
        return result;
    }
}
