package io.ovnegress.controller.leader;

import com.google.inject.Inject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import io.ovnegress.controller.ControllerConfig;
import io.ovnegress.controller.endpoint.NorthboundEndpoint;
import io.ovnegress.controller.health.Health;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands for election again and again, and has {@link Leadership} look at what came of it. Losing is noticed by our own clock, not
 * only by the API server's answers: a request that hangs does not make a leader for longer.
 *
 * <p>A leader that has left the database is not waited for until its lease expires: it cannot write any more, and learns at its
 * next renewal that it does not lead. One thread of its own; {@link #start} and {@link #close} by any other.
 */
public final class LeaseElection implements Health.LeaseErrors, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseElection.class);

    /** How late the end of the mandate may be noticed; until then every transaction is refused by the mandate itself. */
    private static final Duration TICK = Duration.ofMillis(50);

    /** Giving the lease back takes two requests. */
    private static final Duration RELEASE_LIMIT = Duration.ofSeconds(3);

    private final boolean stands;
    private final LeaderElectionConfig config;
    private final KubernetesClient client;
    private final Mandate mandate;
    private final Leadership leadership;
    private final Runnable lockWish;
    private final String identity;
    private final String namespace;
    private final LeaseAccess access;
    private final Thread thread =
            Thread.ofPlatform().daemon().name("leader-election").unstarted(this::run);

    @Inject
    public LeaseElection(
            ControllerConfig config,
            KubernetesClient client,
            Mandate mandate,
            Leadership leadership,
            NorthboundEndpoint northbound) {
        this(
                config.leaderElection().enabled() && !config.reportOnly(),
                config.leaderElection(),
                client,
                mandate,
                hostName() + "_" + UUID.randomUUID(),
                leadership,
                northbound::followLockWish);
    }

    /** @param lockWish called whenever {@link Leadership#wantsLock} may have changed; by the thread of this */
    LeaseElection(
            LeaderElectionConfig config,
            KubernetesClient client,
            Mandate mandate,
            String identity,
            Leadership leadership,
            Runnable lockWish) {
        this(config.enabled(), config, client, mandate, identity, leadership, lockWish);
    }

    private LeaseElection(
            boolean stands,
            LeaderElectionConfig config,
            KubernetesClient client,
            Mandate mandate,
            String identity,
            Leadership leadership,
            Runnable lockWish) {
        this.stands = stands;
        this.config = config;
        this.client = client;
        this.mandate = mandate;
        this.identity = identity;
        this.leadership = leadership;
        this.lockWish = lockWish;
        this.namespace = config.leaseNamespace()
                .or(() -> Optional.ofNullable(client.getNamespace()))
                .orElse("default");
        this.access = new LeaseAccess(namespace + "/" + config.leaseName(), Clock.systemUTC());
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    /** Without election, or where nothing is to be written, there is nothing to do. */
    public void start() {
        if (stands) {
            thread.start();
        }
    }

    private void run() {
        LOG.atInfo()
                .addKeyValue("lease", namespace + "/" + config.leaseName())
                .addKeyValue("identity", identity)
                .log("standing for election");
        var lease = new ObservedLease(
                new LeaseLock(namespace, config.leaseName(), identity),
                mandate,
                access,
                leadership::isHeir,
                Clock.systemUTC());
        Optional<CompletableFuture<?>> campaign = Optional.empty();
        boolean heir = false;
        try {
            while (true) {
                leadership.look();
                lockWish.run();
                if (leadership.isHeir() && !heir) {
                    LOG.info("the leader has left the database");
                    campaign.ifPresent(running -> running.cancel(true)); // the next one looks at the lease at once
                }
                heir = leadership.isHeir();
                if (campaign.filter(running -> !running.isDone()).isEmpty() && !mandate.isHeld()) {
                    campaign = Optional.of(campaign(lease));
                }
                Thread.sleep(TICK);
            }
        } catch (InterruptedException e) {
            leadership.resign();
            lockWish.run();
            // Gives the lease back if it is ours.
            campaign.ifPresent(running -> running.cancel(true));
        }
    }

    /** Ends when a lease that was won is lost. */
    private CompletableFuture<?> campaign(ObservedLease lease) {
        var election = new LeaderElectionConfigBuilder()
                .withName(config.leaseName())
                .withLock(lease)
                .withLeaseDuration(config.leaseDuration())
                .withRenewDeadline(config.renewDeadline())
                .withRetryPeriod(config.retryPeriod())
                .withReleaseOnCancel(true)
                .withLeaderCallbacks(new LeaderCallbacks(() -> {}, mandate::ended, LeaseElection::observed))
                .build();
        return client.leaderElector().withConfig(election).build().start();
    }

    private static void observed(String leader) {
        LOG.atInfo().addKeyValue("holder", leader == null ? "nobody" : leader).log("lease changed hands");
    }

    @Override
    public Optional<String> lastError() {
        return config.enabled() ? access.trouble() : Optional.empty();
    }

    /** Leads no longer, and lets another one do so at once. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            if (thread.isAlive()) {
                thread.join(RELEASE_LIMIT);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
