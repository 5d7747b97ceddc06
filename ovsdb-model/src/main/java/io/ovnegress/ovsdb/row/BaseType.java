package io.ovnegress.ovsdb.row;

import java.util.Optional;
import java.util.function.Supplier;

/**
 * What one element of a column is ({@code <base-type>} in RFC 7047 section 3.2): an atom, and for a UUID perhaps whose it
 * is. Constraints of values are not here: they are the server's, see {@code ServerSchema}.
 *
 * @param reference what a UUID points to; empty for other atoms, and for a UUID that is just a UUID
 */
public record BaseType(AtomicType atomic, Optional<Reference> reference) {
    public static final BaseType INTEGER = new BaseType(AtomicType.INTEGER, Optional.empty());
    public static final BaseType REAL = new BaseType(AtomicType.REAL, Optional.empty());
    public static final BaseType BOOLEAN = new BaseType(AtomicType.BOOLEAN, Optional.empty());
    public static final BaseType STRING = new BaseType(AtomicType.STRING, Optional.empty());
    public static final BaseType UUID = new BaseType(AtomicType.UUID, Optional.empty());

    /** A strong reference ({@code refType} is {@code strong}, or is not said). */
    public static BaseType strong(Supplier<Table> target) {
        return new BaseType(AtomicType.UUID, Optional.of(new Reference(target, true)));
    }

    /** A weak reference ({@code refType} is {@code weak}). */
    public static BaseType weak(Supplier<Table> target) {
        return new BaseType(AtomicType.UUID, Optional.of(new Reference(target, false)));
    }
}
