package dev.gamelan.ir;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Other forms of some values, such as the packed panels of a matrix, made by kernels that are faster on them: kept for the next run on
 * the same values, as long as the values are. Safe for any number of threads.
 */
public final class Derived {

    /** Makes a form. */
    @FunctionalInterface
    public interface Maker {
        /** @param earlier the form of values that have changed since, whose memory is taken over; null where there is none */
        Object make(@Nullable Object earlier);
    }

    private static final class Form {
        private @Nullable Object made;
        /** The change after which it was made. */
        private long madeAfter;
        /** How often the values after the change {@link #askedAfter} were asked for in this form, and those before it. */
        private int asked;
        private int askedBefore;
        private long askedAfter;

        private boolean isOf(long change) {
            return made != null && madeAfter == change;
        }

        private void ask(long change) {
            if (askedAfter != change) {
                askedBefore = asked;
                asked = 0;
                askedAfter = change;
            }
            asked++;
        }

        /** Whether values that change are asked for once before they do, so that this form would be used once. */
        private boolean isForOneUse() {
            return askedAfter > 0 && asked == 1 && askedBefore <= 1;
        }

        private Object make(long change, Maker maker) {
            if (!isOf(change)) {
                made = maker.make(made);
                madeAfter = change;
            }
            return Objects.requireNonNull(made);
        }
    }

    private final boolean atOnce;
    private final @Nullable Data data;
    private final Map<Object, Form> derived = new HashMap<>();
    private long changes;

    /**
     * @param atOnce whether a form is made when it is first asked for; otherwise the second time, as most values are used once, and later at once again
     *        where the values before were asked for twice
     */
    public Derived(boolean atOnce) {
        this.atOnce = atOnce;
        this.data = null;
    }

    /** @param data whose forms these are; where they are stored and not in memory, a form is made at once */
    Derived(Data data) {
        this.atOnce = false;
        this.data = data;
    }

    /** Whether the values are in no array: then it is better to make a form of them than to read them. */
    public boolean isStored() {
        return data != null && data.arrayIfKept() == null;
    }

    /** The values themselves, where {@link #isStored} said so; they are kept from now on. */
    public Object values() {
        return Objects.requireNonNull(data).keep();
    }

    /** The values themselves, where {@link #isStored} said so, for this once; see {@link Data#array}. */
    public Object array() {
        return Objects.requireNonNull(data).array();
    }

    /** Reads some of the values, where {@link #isStored} said so; see {@link Data#read}. */
    public void read(int from, int count, Object target) {
        Objects.requireNonNull(data).read(from, count, target);
    }

    /** The form of the values as they are now, or null where it is not worth making yet. */
    public synchronized @Nullable Object get(Object key, Maker maker) {
        Form form = derived.get(key);
        boolean isNew = form == null;
        if (form == null) {
            form = new Form();
            derived.put(key, form);
        }
        form.ask(changes);
        if (!atOnce && !isStored() && (isNew || form.isForOneUse())) {
            form.made = null;
            return null;
        }
        return form.make(changes, maker);
    }

    /**
     * The form of the values as they are now if it has been made, or has been asked for in this way {@code patience} times before: for
     * kernels that are nearly as fast without it, so that making it pays off only in the long run.
     */
    public synchronized @Nullable Object get(Object key, int patience, Maker maker) {
        Form form = derived.get(key);
        if (form == null) {
            form = new Form();
            derived.put(key, form);
        }
        form.ask(changes);
        if (!form.isOf(changes) && form.asked <= patience) {
            return null;
        }
        return form.make(changes, maker);
    }

    /** The values have been replaced by others. Nobody uses a form meanwhile. */
    public synchronized void change() {
        changes++;
    }
}
