package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Copies the channels of some groups, those of each group to a place of its own: pixel by pixel, in the order of memory, as a few channels of each pixel would
 * come from memory much slower.
 */
final class GroupCopy {
    /** Vectors of a group that are unrolled. */
    private static final int MOST_VECTORS = 8;
    private static final int WARM_PIXELS = 4;
    private static final int WARM_GROUPS = 4;
    private static final Map<Key, Warm<Deal>> KERNELS = new ConcurrentHashMap<>();

    private final PatchKernels moves;
    /** Channels of a group. */
    private final int length;
    /** Null where they are not whole vectors. */
    private final @Nullable Warm<Deal> kernel;

    private record Key(ElementType type, Lanes lanes, int vectors) {
        int length() {
            return vectors * lanes.count();
        }
    }

    /** Whole vectors of each of some groups of some pixels, whose groups lie side by side. */
    private interface Deal {
        void run(Object from, int fromOffset, int fromPixel, Object to, int toOffset, int toPixel, int toGroup, int pixels, int groups);
    }

    GroupCopy(ElementType type, Lanes lanes, int length) {
        this.moves = PatchKernels.of(type, lanes);
        this.length = length;
        int vectors = length / lanes.count();
        boolean isWhole = lanes.isVector() && length % lanes.count() == 0 && vectors <= MOST_VECTORS && length > 0;
        this.kernel = isWhole ? KERNELS.computeIfAbsent(new Key(type, lanes, vectors), GroupCopy::warm) : null;
    }

    private static Warm<Deal> warm(Key key) {
        int pixel = key.length() * WARM_GROUPS;
        Object from = key.type().newArray(WARM_PIXELS * pixel);
        Object to = key.type().newArray(WARM_PIXELS * pixel);
        return Warm.later(() -> Warm.define(Deal.class, "GroupCopy" + key.type() + key.vectors(), key.lanes(), k -> emit(k, key)),
                (copy, _) -> copy.run(from, 0, pixel, to, 0, key.length(), key.length() * WARM_PIXELS, WARM_PIXELS, WARM_GROUPS));
    }

    private static void emit(Assembler k, Key key) {
        Value from = k.memory().array(k.parameter(0, Form.OBJECTS, key.type()), key.type());
        Value to = k.memory().array(k.parameter(3, Form.OBJECTS, key.type()), key.type());
        Value source = k.variable(k.intParameter(1));
        Value target = k.variable(k.intParameter(4));
        k.forRange(k.intParameter(7), pixel -> {
            k.forRange(k.intParameter(8), group -> {
                Value first = k.add(source, k.mul(group, key.length()));
                Value place = k.add(target, k.mul(group, k.intParameter(6)));
                for (int at = 0; at < key.length(); at += key.lanes().count()) {
                    k.memory().store(to, k.add(place, at), k.memory().load(from, k.add(first, at)));
                }
            });
            k.assign(source, k.add(source, k.intParameter(2)));
            k.assign(target, k.add(target, k.intParameter(5)));
        });
    }

    /**
     * Copies some groups of some pixels. What it writes beyond a group, up to {@link LeftRows#SLACK} elements, is the place of the next pixel, which comes later.
     *
     * @param fromPixel distance of two pixels, whose groups lie side by side
     * @param toGroup distance of the copies of two groups
     */
    void run(Object from, int fromOffset, int fromPixel, Object to, int toOffset, int toPixel, int toGroup, int pixels, int groups) {
        if (kernel != null && kernel.isReady()) {
            kernel.kernel().run(from, fromOffset, fromPixel, to, toOffset, toPixel, toGroup, pixels, groups);
            return;
        }
        PatchKernels.Move move = moves.copy();
        for (int pixel = 0; pixel < pixels; pixel++) {
            move.run(from, fromOffset + pixel * fromPixel, length, to, toOffset + pixel * toPixel, toGroup, groups, length);
        }
    }
}
