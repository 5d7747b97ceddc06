package io.ovnegress.controller.history;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashMap;
import java.util.Map;

/** The parts of a record by name, in their order, whoever may see them: what is read of objects are records. Stateless. */
public final class RecordParts {
    private RecordParts() {}

    public static Map<String, Object> of(Record record) {
        var parts = new LinkedHashMap<String, Object>();
        for (var part : record.getClass().getRecordComponents()) {
            parts.put(part.getName(), value(part, record));
        }
        return parts;
    }

    private static Object value(RecordComponent part, Record record) {
        try {
            part.getAccessor().setAccessible(true);
            return part.getAccessor().invoke(record);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
