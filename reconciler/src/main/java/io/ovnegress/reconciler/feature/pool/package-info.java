/**
 * Address pools: which namespace gets which addresses of an {@code EgressIPPool}, as EgressIP objects that the controller makes and
 * takes away.
 *
 * <p>No rows: what is decided goes to the Kubernetes API ({@link io.ovnegress.reconciler.feature.PoolWrites}), and comes back as
 * an object that feature egressip serves as any other. The objects are the memory: what one says, its namespace has.
 *
 * <p>One pure function ({@link PoolAllocation}) says what is to be there; what is on its way counts as there
 * ({@link PoolDecisions}). Reasons: {@link io.ovnegress.reconciler.feature.pool.PoolReason}.
 */
package io.ovnegress.reconciler.feature.pool;
