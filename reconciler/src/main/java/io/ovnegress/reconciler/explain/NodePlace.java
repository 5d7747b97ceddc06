package io.ovnegress.reconciler.explain;

import java.util.Optional;

/**
 * A node that may have addresses, or has some.
 *
 * @param why it can have no more at the moment; empty if it can
 */
public record NodePlace(String name, Optional<Reason> why) {}
