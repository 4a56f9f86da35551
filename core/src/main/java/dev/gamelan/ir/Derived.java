package dev.gamelan.ir;

import java.util.HashMap;
import java.util.Map;
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
        private long change;
    }

    private final boolean atOnce;
    private final Map<Object, Form> derived = new HashMap<>();
    private long changes;

    /** @param atOnce whether a form is made when it is first asked for; otherwise the second time, as most values are used once */
    public Derived(boolean atOnce) {
        this.atOnce = atOnce;
    }

    /** The form of the values as they are now, or null where it is not worth making yet. */
    public synchronized @Nullable Object get(Object key, Maker maker) {
        Form form = derived.get(key);
        if (form == null) {
            form = new Form();
            form.change = changes;
            derived.put(key, form);
            if (!atOnce) {
                return null;
            }
        }
        if (form.made == null || form.change != changes) {
            form.made = maker.make(form.made);
            form.change = changes;
        }
        return form.made;
    }

    /** The values have been replaced by others. Nobody uses a form meanwhile. */
    public synchronized void change() {
        changes++;
    }
}
