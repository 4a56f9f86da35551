package dev.gamelan.tensor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The entries that were used last; safe for threads. */
final class LruCache<K, V> {

    private final Map<K, V> entries;

    LruCache(int capacity) {
        entries = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > capacity;
            }
        };
    }

    synchronized Optional<V> get(K key) {
        return Optional.ofNullable(entries.get(key));
    }

    /** The value that is there already, or else this one. */
    synchronized V putIfAbsent(K key, V value) {
        V before = entries.putIfAbsent(key, value);
        return before == null ? value : before;
    }

    synchronized int size() {
        return entries.size();
    }
}
