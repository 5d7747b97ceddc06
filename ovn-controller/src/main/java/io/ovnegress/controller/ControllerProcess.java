package io.ovnegress.controller;

import com.google.inject.Inject;
import io.ovnegress.controller.admin.AdminServer;
import io.ovnegress.controller.avi.EgressServiceKeeper;
import io.ovnegress.controller.endpoint.ClusterEndpoint;
import io.ovnegress.controller.endpoint.NorthboundEndpoint;
import io.ovnegress.controller.history.History;
import io.ovnegress.controller.history.HistoryFile;
import io.ovnegress.controller.leader.Leadership;
import io.ovnegress.controller.leader.LeaseElection;
import io.ovnegress.controller.loop.ReconcileLoop;
import io.ovnegress.controller.names.NameResolving;
import io.ovnegress.controller.pool.PoolWriting;
import io.ovnegress.controller.proxy.ProxyKeeper;
import io.ovnegress.controller.query.FailoverWatch;
import io.ovnegress.controller.query.LiveEvents;
import io.ovnegress.controller.query.ReportOnly;
import io.ovnegress.controller.reachability.DestinationDialing;
import io.ovnegress.controller.reachability.NodeProbing;
import io.ovnegress.controller.southbound.SouthboundEndpoint;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of the process: starts the parts so that each finds its readers running, and stops them so that each finds its
 * writers stopped. The main thread runs it.
 */
public final class ControllerProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ControllerProcess.class);

    /** Longer than the parts take to stop, shorter than Kubernetes waits before it kills. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final AdminServer admin;
    private final ReconcileLoop loop;
    private final NorthboundEndpoint northbound;
    private final SouthboundEndpoint southbound;
    private final ClusterEndpoint cluster;
    private final NodeProbing probing;
    private final NameResolving resolving;
    private final DestinationDialing dialing;
    private final PoolWriting pooling;
    private final Leadership leadership;
    private final LeaseElection election;
    private final FailoverWatch failover;
    private final ReportOnly reportOnly;
    private final LiveEvents live;
    private final History history;
    private final Optional<HistoryFile> historyFile;
    private final Optional<ProxyKeeper> proxies;
    private final Optional<EgressServiceKeeper> services;
    private final ProcessExit exit;

    @Inject
    public ControllerProcess(
            AdminServer admin,
            ReconcileLoop loop,
            NorthboundEndpoint northbound,
            SouthboundEndpoint southbound,
            ClusterEndpoint cluster,
            NodeProbing probing,
            NameResolving resolving,
            DestinationDialing dialing,
            PoolWriting pooling,
            Leadership leadership,
            LeaseElection election,
            FailoverWatch failover,
            ReportOnly reportOnly,
            LiveEvents live,
            History history,
            Optional<HistoryFile> historyFile,
            Optional<ProxyKeeper> proxies,
            Optional<EgressServiceKeeper> services,
            ProcessExit exit) {
        this.admin = admin;
        this.loop = loop;
        this.northbound = northbound;
        this.southbound = southbound;
        this.cluster = cluster;
        this.probing = probing;
        this.resolving = resolving;
        this.dialing = dialing;
        this.pooling = pooling;
        this.leadership = leadership;
        this.election = election;
        this.failover = failover;
        this.reportOnly = reportOnly;
        this.live = live;
        this.history = history;
        this.historyFile = historyFile;
        this.proxies = proxies;
        this.services = services;
        this.exit = exit;
    }

    /** Runs until somebody asks for the end: the exit code. */
    public int run(List<String> changedFlags) {
        LOG.atInfo()
                .addKeyValue("version", Version.CURRENT)
                .addKeyValue("java", Runtime.version())
                .addKeyValue("flags", String.join(" ", changedFlags))
                .log("starting");
        var stopped = new CountDownLatch(1);
        var onSignal = new Thread(() -> onSignal(stopped), "shutdown");
        Runtime.getRuntime().addShutdownHook(onSignal);
        try {
            admin.start();
            leadership.start();
            historyFile.ifPresent(file -> file.start(history));
            loop.start();
            northbound.start();
            southbound.start();
            cluster.start();
            election.start();
            reportOnly.start();
            failover.start();
            live.start();
            proxies.ifPresent(ProxyKeeper::start);
            services.ifPresent(EgressServiceKeeper::start);
            return exit.await();
        } finally {
            stop();
            stopped.countDown();
            forget(onSignal);
        }
    }

    /** The process ends by itself, with its own exit code. */
    private static void forget(Thread onSignal) {
        try {
            Runtime.getRuntime().removeShutdownHook(onSignal);
        } catch (IllegalStateException e) {
            LOG.debug("ended by a signal");
        }
    }

    private void stop() {
        LOG.info("stopping");
        reportOnly.close();
        failover.close();
        live.close();
        proxies.ifPresent(ProxyKeeper::close);
        services.ifPresent(EgressServiceKeeper::close);
        cluster.stopWatching();
        probing.close();
        resolving.close();
        dialing.close();
        pooling.close();
        loop.close();
        historyFile.ifPresent(HistoryFile::close);
        election.close();
        northbound.close();
        southbound.close();
        cluster.close();
        admin.close();
        LOG.info("stopped");
    }

    private void onSignal(CountDownLatch stopped) {
        exit.request(ProcessExit.ORDERLY);
        try {
            if (stopped.await(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                // Else the JVM says 128 and the number of the signal, as if it had been killed.
                Runtime.getRuntime().halt(exit.await());
            }
            LOG.warn("not stopped in time");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
