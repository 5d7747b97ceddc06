package io.ovnegress.ovsdb.replica;

import io.ovnegress.ovsdb.row.Column;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The differences of a {@code modify} update (ovsdb-server(7), section 4.1.14): for a column of at most one element the new
 * value; for a set the elements to toggle; for a map the pairs to toggle, a pair with a known key and another value being
 * the key's new value.
 */
final class Difference {
    private Difference() {}

    static Object apply(Column<?> column, Object before, Object difference) {
        if (column.max() == 1) {
            return difference;
        }
        return column.isMap()
                ? toggled((Map<?, ?>) before, (Map<?, ?>) difference)
                : toggled((Set<?>) before, (Set<?>) difference);
    }

    private static Set<?> toggled(Set<?> before, Set<?> difference) {
        var after = new HashSet<Object>(before);
        for (var element : difference) {
            if (!after.remove(element)) {
                after.add(element);
            }
        }
        return Set.copyOf(after);
    }

    private static Map<?, ?> toggled(Map<?, ?> before, Map<?, ?> difference) {
        var after = new HashMap<Object, Object>(before);
        difference.forEach((key, value) -> {
            if (!after.remove(key, value)) {
                after.put(key, value);
            }
        });
        return Map.copyOf(after);
    }
}
