package dev.gamelan.domains.tabular;

import dev.gamelan.ir.Data;
import dev.gamelan.nn.Dataset;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.List;

/**
 * Turns rows of text into rows of numbers, always the same way.
 *
 * @param features the columns that are used, in order
 */
public record TableEncoder(List<Feature> features, Target target) {

    public TableEncoder {
        features = List.copyOf(features);
    }

    /** How many numbers a row becomes. */
    public int width() {
        return features.stream().mapToInt(Feature::width).sum();
    }

    /**
     * The features of every row: {@code (rows, width)}, row-major. Columns are found by name; more are passed over.
     *
     * @throws dev.gamelan.shape.NameException if a column is not there
     * @throws FormatException                 if a cell is not a number where one is needed; the message names it
     */
    public float[] features(Table table) {
        int width = width();
        float[] out = new float[Math.multiplyExact(table.rows().size(), width)];
        int offset = 0;
        for (Feature feature : features) {
            int column = table.column(feature.name());
            for (int row = 0; row < table.rows().size(); row++) {
                String cell = table.cell(row, column);
                if (!feature.encode(cell, out, row * width + offset)) {
                    throw table.error(row, column, "'" + cell + "' is not a number");
                }
            }
            offset += feature.width();
        }
        return out;
    }

    /**
     * The rows as examples, with FLOAT32 {@code (width)} features and, as the target, INT32 {@code ()} for a class or
     * FLOAT32 {@code (1)} for a scaled number.
     *
     * @throws dev.gamelan.shape.NameException if a column is not there
     * @throws FormatException                 if a cell is not what its column is; the message names it
     */
    public Dataset<Tensor, Tensor> dataset(Table table) {
        int rows = table.rows().size();
        Tensor features = Tensor.of(Data.of(DType.FLOAT32, Shape.of(rows, width()), features(table)));
        return Dataset.of(features, switch (target) {
            case Target.Classes _ -> Tensor.of(Data.of(DType.INT32, Shape.of(rows), classes(table)));
            case Target.Number _ -> Tensor.of(Data.of(DType.FLOAT32, Shape.of(rows, 1), values(table)));
        });
    }

    /**
     * The class of every row.
     *
     * @throws FormatException       if a label was not among those that were learned
     * @throws IllegalStateException if the target is a number
     */
    public int[] classes(Table table) {
        if (!(target instanceof Target.Classes classes)) {
            throw new IllegalStateException("the target '" + target.name() + "' is a number");
        }
        int column = table.column(target.name());
        int[] out = new int[table.rows().size()];
        for (int row = 0; row < out.length; row++) {
            String cell = table.cell(row, column);
            out[row] = classes.labels().indexOf(cell);
            if (out[row] < 0) {
                throw table.error(row, column, Cells.isMissing(cell) ? "the target is missing"
                        : "'" + cell + "' is not one of the labels " + String.join(", ", classes.labels()));
            }
        }
        return out;
    }

    /**
     * The number of every row, scaled.
     *
     * @throws FormatException       if a cell is not a number
     * @throws IllegalStateException if the target is a class
     */
    public float[] values(Table table) {
        if (!(target instanceof Target.Number number)) {
            throw new IllegalStateException("the target '" + target.name() + "' is a class");
        }
        int column = table.column(target.name());
        float[] out = new float[table.rows().size()];
        for (int row = 0; row < out.length; row++) {
            String cell = table.cell(row, column);
            if (Cells.number(cell).isEmpty()) {
                throw table.error(row, column, Cells.isMissing(cell) ? "the target is missing" : "'" + cell + "' is not a number");
            }
            out[row] = (float) number.scale(Cells.number(cell).getAsDouble());
        }
        return out;
    }
}
