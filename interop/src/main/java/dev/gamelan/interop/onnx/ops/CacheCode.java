package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/**
 * How a cache of keys or values, (batch, heads, time, d), is held: as it is, or in whole numbers or small floats times a scale, two
 * numbers of four bits to a byte.
 */
sealed interface CacheCode {

    /** Of the type that leaves the node. */
    ElementType type();

    /** As it is held, but each number of its own. */
    Tensor coded(Tensor x);

    Tensor decoded(Tensor coded);

    Tensor unpacked(Tensor held);

    Tensor packed(Tensor coded);

    /** @param letter k or v */
    static CacheCode of(Call c, String letter, int past, int scale) {
        String kind = c.attribute(letter + "_quant_type", "NONE");
        int bits = c.attribute("kv_cache_bit_width", 8);
        return switch (kind) {
            case "NONE" -> new Plain(c.type(0));
            case "PER_TENSOR", "PER_CHANNEL" -> {
                if (bits != 4 && bits != 8) {
                    throw Call.unsupported("a cache of 4 or 8 bits", bits + " bits");
                }
                ElementType type = c.has(past) ? c.type(past) : bits == 4 ? ElementType.UINT8 : ElementType.INT8;
                Tensor scales = c.tensor(scale).cast(DType.FLOAT32);
                yield new Scaled(type, bits, scales.size() == 1 ? scales.reshape(Shape.SCALAR) : scales);
            }
            default -> throw Call.unsupported("a cache that is quantized PER_TENSOR or PER_CHANNEL", kind);
        };
    }

    /** In the type of the query. */
    record Plain(ElementType type) implements CacheCode {
        @Override
        public Tensor coded(Tensor x) {
            return x;
        }

        @Override
        public Tensor decoded(Tensor coded) {
            return coded;
        }

        @Override
        public Tensor unpacked(Tensor held) {
            return held;
        }

        @Override
        public Tensor packed(Tensor coded) {
            return coded;
        }
    }

    /** Times a scale, or one for each channel. */
    record Scaled(ElementType type, int bits, Tensor scales) implements CacheCode {

        @Override
        public Tensor coded(Tensor x) {
            Tensor y = x.cast(DType.FLOAT32).div(scales);
            if (type.isFloating()) {
                return type.round(y, true);
            }
            int half = 1 << bits - 1;
            return y.round().clamp(-half, half - 1);
        }

        @Override
        public Tensor decoded(Tensor coded) {
            return coded.mul(scales);
        }

        private boolean isPacked() {
            return bits == 4;
        }

        @Override
        public Tensor unpacked(Tensor held) {
            if (!isPacked()) {
                return held.cast(DType.FLOAT32);
            }
            Shape shape = held.shape();
            int bytes = shape.dim(3);
            return FewBits.unpacked(held.reshape(-1, bytes), 4).reshape(shape.with(3, 2 * bytes)).sub(8);
        }

        @Override
        public Tensor packed(Tensor coded) {
            if (!isPacked()) {
                return coded.cast(type.carrier());
            }
            Shape shape = coded.shape();
            Tensor pairs = coded.add(8).reshape(shape.with(3, shape.dim(3) / 2).insert(-1, 2));
            return pairs.select(4, 1).mul(16).add(pairs.select(4, 0)).cast(type.carrier());
        }
    }
}
