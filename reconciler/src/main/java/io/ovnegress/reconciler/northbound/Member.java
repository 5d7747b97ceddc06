package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Column;
import java.util.Set;
import java.util.UUID;

/**
 * An element of a set column that several owners share: an address in an address set, a port in a port group.
 *
 * @param row the row of the set, which has an owner of its own
 */
public record Member<E>(Column<Set<E>> column, UUID row, E element) {}
