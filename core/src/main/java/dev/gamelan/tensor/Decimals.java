package dev.gamelan.tensor;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;

/**
 * Fractions as text of equal width, by NumPy's rules: the shortest digits that tell a number apart, at most eight
 * behind the point.
 */
final class Decimals {

    private static final int DIGITS = 8;
    private static final double LARGE = 1e8;
    private static final double SMALL = 1e-4;
    private static final double SPREAD = 1000;

    private Decimals() {}

    static List<String> format(List<Double> values, boolean isDouble) {
        List<Double> magnitudes = values.stream().filter(Double::isFinite).map(Math::abs).filter(x -> x != 0).toList();
        double largest = magnitudes.stream().mapToDouble(x -> x).max().orElse(1);
        double smallest = magnitudes.stream().mapToDouble(x -> x).min().orElse(1);
        boolean scientific = largest >= LARGE || smallest < SMALL || largest / smallest > SPREAD;
        return scientific ? scientific(values, isDouble) : positional(values, isDouble);
    }

    private static List<String> positional(List<Double> values, boolean isDouble) {
        List<String> texts = values.stream().map(value -> Double.isFinite(value) ? plain(value, isDouble)
                : special(value)).toList();
        int before = texts.stream().filter(Decimals::hasPoint).mapToInt(text -> text.indexOf('.')).max().orElse(0);
        int behind = texts.stream().filter(Decimals::hasPoint).mapToInt(text -> text.length() - text.indexOf('.')).max()
                .orElse(0);
        return texts.stream().map(text -> hasPoint(text)
                ? " ".repeat(before - text.indexOf('.')) + text
                        + " ".repeat(behind - (text.length() - text.indexOf('.')))
                : " ".repeat(Math.max(0, before + behind - text.length())) + text).toList();
    }

    private static boolean hasPoint(String text) {
        return text.indexOf('.') >= 0;
    }

    private static String plain(double value, boolean isDouble) {
        BigDecimal digits = shortest(value, isDouble);
        String text = digits.setScale(Math.min(Math.max(0, digits.scale()), DIGITS), RoundingMode.HALF_EVEN)
                .toPlainString();
        String sign = value < 0 || 1 / value < 0 ? "-" : "";
        return sign + trimmed(text);
    }

    private static String trimmed(String text) {
        return hasPoint(text) ? text.replaceAll("0+$", "") : text + ".";
    }

    private static BigDecimal shortest(double value, boolean isDouble) {
        return new BigDecimal(isDouble ? Double.toString(Math.abs(value)) : Float.toString(Math.abs((float) value)));
    }

    private static List<String> scientific(List<Double> values, boolean isDouble) {
        int digits = values.stream().filter(Double::isFinite).mapToInt(value -> fractionDigits(value, isDouble)).max()
                .orElse(0);
        return values.stream().map(value -> Double.isFinite(value) ? power(value, digits) : special(value)).toList();
    }

    private static int fractionDigits(double value, boolean isDouble) {
        return value == 0 ? 0 : Math.min(DIGITS, shortest(value, isDouble).stripTrailingZeros().precision() - 1);
    }

    private static String power(double value, int digits) {
        String text = String.format(Locale.ROOT, "%." + digits + "e", value);
        return digits == 0 ? text.replace("e", ".e") : text;
    }

    private static String special(double value) {
        return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
    }
}
