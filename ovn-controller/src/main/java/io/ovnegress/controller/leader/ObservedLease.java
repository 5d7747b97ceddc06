package io.ovnegress.controller.leader;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaderElectionRecord;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.Lock;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * A lease whose age is counted from when we saw it renewed, as client-go does it: fabric8 compares the holder's clock with ours,
 * and a standby whose clock is a few seconds fast would depose a healthy leader. Also the one place that sees every renewal,
 * which is what the {@link Mandate} lives by. Only the elector calls it, one call at a time.
 */
final class ObservedLease implements Lock {
    private final Lock lease;
    private final Mandate mandate;
    private final LeaseAccess access;
    private final BooleanSupplier holderGone;
    private final Clock wallClock;
    private Optional<LeaderElectionRecord> seen = Optional.empty();
    private ZonedDateTime seenAt;

    /**
     * @param access told how each request ended
     * @param holderGone whether somebody else's lease is to be taken as expired
     * @param wallClock the one that the elector reads
     */
    ObservedLease(Lock lease, Mandate mandate, LeaseAccess access, BooleanSupplier holderGone, Clock wallClock) {
        this.lease = lease;
        this.mandate = mandate;
        this.access = access;
        this.holderGone = holderGone;
        this.wallClock = wallClock;
        this.seenAt = now();
    }

    private ZonedDateTime now() {
        return ZonedDateTime.ofInstant(wallClock.instant(), ZoneOffset.UTC);
    }

    @Override
    @SuppressWarnings("NullAway") // fabric8's contract: null where there is no lease yet
    public synchronized LeaderElectionRecord get(KubernetesClient client) {
        var found = read(client);
        if (found == null) {
            access.read();
            return null;
        }
        boolean ours = identity().equals(found.getHolderIdentity());
        if (!ours) {
            mandate.ended();
        }
        boolean renewedMeanwhile = !seen.equals(Optional.of(found));
        if (renewedMeanwhile) {
            seen = Optional.of(found);
            seenAt = now();
        }
        if (renewedMeanwhile && !ours) {
            access.readOfAnotherLeader();
        } else {
            access.read();
        }
        var renewed = !ours && holderGone.getAsBoolean()
                ? seenAt.minus(found.getLeaseDuration()).minusSeconds(1)
                : seenAt;
        return found.toBuilder().renewTime(renewed).build();
    }

    @SuppressWarnings("NullAway") // likewise
    private LeaderElectionRecord read(KubernetesClient client) {
        try {
            return lease.get(client);
        } catch (RuntimeException e) {
            access.notRead(e);
            throw failure(e);
        }
    }

    /** The elector tries again after an exception of this kind only: after any other it stops for ever. */
    private static KubernetesClientException failure(RuntimeException error) {
        return error instanceof KubernetesClientException known
                ? known
                : new KubernetesClientException("the lease is not understood", error);
    }

    @Override
    public synchronized void create(KubernetesClient client, LeaderElectionRecord next) {
        write(next, () -> lease.create(client, next));
    }

    @Override
    public synchronized void update(KubernetesClient client, LeaderElectionRecord next) {
        write(next, () -> lease.update(client, next));
    }

    private void write(LeaderElectionRecord next, Runnable request) {
        long begun = mandate.now();
        if (!identity().equals(next.getHolderIdentity())) {
            mandate.ended(); // released: nobody may write from here on
        }
        try {
            request.run();
        } catch (RuntimeException e) {
            access.notWritten(e);
            throw failure(e);
        }
        access.written();
        if (identity().equals(next.getHolderIdentity())) {
            mandate.renewedAt(begun);
        }
    }

    @Override
    public String identity() {
        return lease.identity();
    }

    @Override
    public String describe() {
        return lease.describe();
    }
}
