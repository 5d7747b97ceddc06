package io.ovnegress.reconciler.northbound;

import io.ovnegress.ovsdb.row.Column;
import java.util.Set;
import java.util.UUID;

/** The strong reference that keeps a row alive: the row is an element of this column of the parent row. */
public record Attachment(Column<Set<UUID>> column, UUID parent) {}
