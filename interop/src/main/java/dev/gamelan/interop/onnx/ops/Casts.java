package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.SmallFloats;
import dev.gamelan.interop.onnx.value.TensorBits;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Tensor;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/** From one element type to another. */
final class Casts {

    private Casts() {}

    static void register(Registry r) {
        r.op("Cast", 1, c -> List.of(cast(c, ElementType.named(c.attribute("to", "FLOAT")).code())));
        r.op("Cast", 6, c -> List.of(cast(c, c.attribute("to", 1))));
        r.op("CastLike", c -> List.of(c.value(1) instanceof Value.Text ? cast(c, ElementType.STRING) : cast(c, c.type(1).code())));
        r.op("BitCast", Casts::bitCast);
    }

    private static Value cast(Call c, int code) {
        if (c.value(0) instanceof Value.Text text) {
            return code == ElementType.STRING ? text : parsed(text, ElementType.of(code));
        }
        if (code == ElementType.STRING) {
            return texts(c.numbers(0));
        }
        ElementType to = ElementType.of(code);
        if (to == ElementType.FLOAT8E8M0) {
            Tensor x = cast(c.tensor(0), c.type(0), ElementType.FLOAT);
            return Value.of(to, SmallFloats.scale(x, c.attribute("round_mode", "up"), c.flag("saturate", true)));
        }
        return Value.of(to, cast(c.tensor(0), c.type(0), to, c.flag("saturate", true)));
    }

    private static Value.Text texts(Value.Numbers value) {
        Data data = Host.data(value);
        return Value.of(data.shape(), IntStream.range(0, data.length()).mapToObj(i -> text(value.type(), data, i)).toList());
    }

    /** @param to no type for strings */
    static Value cast(Value value, Optional<ElementType> to) {
        return switch (value) {
            case Value.Text text -> to.isPresent() ? parsed(text, to.get()) : text;
            case Value.Numbers x -> to.isPresent() ? Value.of(to.get(), cast(x.tensor(), x.type(), to.get())) : texts(x);
            case Value.Sequence _, Value.Maybe _, Value.Dictionary _ -> throw Call.unsupported("numbers or strings", value.toString());
        };
    }

    static Tensor cast(Tensor x, ElementType from, ElementType to) {
        return cast(x, from, to, true);
    }

    private static Tensor cast(Tensor x, ElementType from, ElementType to, boolean saturate) {
        if (from == to) {
            return x;
        }
        if (from == ElementType.UINT64 && to.isFloating()) {
            return to.round(Unsigned.toFloating(x, to.carrier()), saturate);
        }
        if (to == ElementType.UINT64 && from.isFloating()) {
            return Unsigned.fromFloating(x);
        }
        if (to.isFloating()) {
            return to.round(x.cast(to.carrier()), saturate);
        }
        // ONNX Runtime rounds to the narrow types, and cuts to the others.
        Tensor whole = (from.isFloating() && to.isInteger() && to.bits() < 8 ? rounded(x) : x).cast(to.carrier());
        return from.isFloating() && to.isInteger() ? to.wrap(whole.where(x.less(wide(to) ? 0x1p63 : 0x1p31), missing(to))) : to.wrap(whole);
    }

    /** The nearest whole numbers, of halves those further from 0. */
    private static Tensor rounded(Tensor x) {
        Tensor size = x.abs();
        Tensor down = size.floor();
        return x.sign().mul(down.where(size.sub(down).less(0.5), down.add(1)));
    }

    /** Whether a processor makes INT64 of a fraction on its way to the type, and not INT32. */
    private static boolean wide(ElementType to) {
        return to == ElementType.INT64 || to == ElementType.UINT32;
    }

    /**
     * What NaN and too large numbers become, which the standard leaves undefined: the least INT32 or INT64, or its low bits, as NumPy and ONNX
     * Runtime get it from processors by Intel and AMD. Array libraries take it for a missing date.
     */
    private static long missing(ElementType to) {
        return switch (to.carrier()) {
            case INT64 -> Long.MIN_VALUE;
            case INT32 -> Integer.MIN_VALUE;
            case INT8, UINT8, BOOL, FLOAT16, BFLOAT16, FLOAT32, FLOAT64 -> 0;
        };
    }

    private static Value parsed(Value.Text text, ElementType type) {
        Object array = type.carrier().newArray(text.strings().size());
        for (int i = 0; i < text.strings().size(); i++) {
            String string = text.strings().get(i).strip();
            try {
                if (type.isFloating()) {
                    Scalars.setDouble(type.carrier(), array, i, parse(string));
                } else if (type == ElementType.UINT64) {
                    Scalars.setLong(type.carrier(), array, i, Long.parseUnsignedLong(string));
                } else {
                    Scalars.setLong(type.carrier(), array, i, new BigDecimal(string).longValue());
                }
            } catch (NumberFormatException e) {
                throw new FormatException("a string is not a number\n  expected  " + type + "\n  received  '" + string + "'", e);
            }
        }
        Tensor tensor = Tensor.of(Data.of(type.carrier(), text.shape(), array));
        return Value.of(type, type.round(tensor, true));
    }

    private static double parse(String string) {
        return switch (string.toLowerCase(Locale.ROOT)) {
            case "inf", "+inf", "infinity" -> Double.POSITIVE_INFINITY;
            case "-inf", "-infinity" -> Double.NEGATIVE_INFINITY;
            case "nan" -> Double.NaN;
            default -> Double.parseDouble(string);
        };
    }

    /** The shortest text that reads as the same number, plain between 1e-4 and 1e16, as NumPy writes it. */
    private static String text(ElementType type, Data data, int i) {
        if (type == ElementType.UINT64) {
            return Long.toUnsignedString(data.getLong(i));
        } else if (type == ElementType.BOOL) {
            return data.getLong(i) != 0 ? "1" : "0";
        } else if (!type.isFloating()) {
            return Long.toString(data.getLong(i));
        }
        double value = data.getDouble(i);
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "NaN" : value > 0 ? "INF" : "-INF";
        }
        String shortest = type == ElementType.DOUBLE ? Double.toString(value) : shortest(type, (float) value);
        double size = Math.abs(value);
        if (size == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        if (size < 1e-4 || size >= 1e16) {
            BigDecimal decimal = new BigDecimal(shortest).stripTrailingZeros();
            int exponent = decimal.precision() - decimal.scale() - 1;
            String digits = decimal.unscaledValue().abs().toString();
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            return (value < 0 ? "-" : "") + digits.charAt(0) + fraction + String.format(Locale.ROOT, "e%+03d", exponent);
        }
        String plain = new BigDecimal(shortest).toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    /** FLOAT16 needs fewer digits than the FLOAT32 that carries it. */
    private static String shortest(ElementType type, float value) {
        if (type == ElementType.FLOAT16) {
            for (int digits = 1; digits <= 5; digits++) {
                BigDecimal rounded = new BigDecimal(value).round(new java.math.MathContext(digits));
                if (Float.floatToFloat16(rounded.floatValue()) == Float.floatToFloat16(value)) {
                    return rounded.toString();
                }
            }
        }
        return Float.toString(value);
    }

    /** The same bits as another type of the same width. */
    private static List<Value> bitCast(Call c) {
        ElementType to = ElementType.of(c.attribute("to", 1));
        ElementType from = c.type(0);
        if (to.bits() != from.bits()) {
            throw Call.unsupported("a type of " + from.bits() + " bits", to.toString());
        }
        Data data = c.data(0);
        return List.of(TensorBits.read(to, data.shape(),
                TensorBits.bits(from, data)));
    }
}
