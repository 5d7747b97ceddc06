package io.ovnegress.it.harness.process;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code ovsdb-server} (twice) and {@code ovn-northd} of {@link Programs}, in a directory of their own, on unix sockets (the northbound
 * database on a loopback port too). Nothing system-wide is touched. One thread drives it.
 */
public final class LocalOvnCentral implements OvnCentral {
    private static final String NORTHBOUND = "OVN_Northbound";

    private final WorkDirectory directory;
    private final OvsdbServer northbound;
    private final OvsdbServer southbound;
    private Optional<LocalProcess> northd = Optional.empty();

    private LocalOvnCentral(WorkDirectory directory, OvsdbServer northbound) {
        this.directory = directory;
        this.northbound = northbound.onLoopback();
        this.southbound = OvsdbServer.withSchema(directory.path(), "sb", "OVN_Southbound", Programs.schema("ovn-sb"));
    }

    /** An empty central, running. */
    public static LocalOvnCentral start() {
        requireTools();
        var directory = WorkDirectory.create("ovn-egress");
        var central = new LocalOvnCentral(
                directory, OvsdbServer.withSchema(directory.path(), "nb", NORTHBOUND, Programs.schema("ovn-nb")));
        central.startAll();
        return central;
    }

    /** A running central whose northbound database is a copy of this file. */
    public static LocalOvnCentral startWith(Path northboundFile) {
        requireTools();
        var directory = WorkDirectory.create("ovn-egress");
        var central = new LocalOvnCentral(
                directory, OvsdbServer.withFile(directory.path(), "nb", NORTHBOUND, northboundFile));
        central.startAll();
        return central;
    }

    private static void requireTools() {
        if (!Files.exists(Programs.schema("ovn-nb"))) {
            throw new Command.Failed("OVN is not installed (" + Programs.schema("ovn-nb")
                    + " is missing): run it/scripts/install-packages.sh as root, or install the packages ovn-central,"
                    + " ovn-common and openvswitch-switch");
        }
    }

    private void startAll() {
        northbound.start();
        southbound.start();
        nbctl("init");
        sbctl("init");
        startNorthd();
    }

    private void startNorthd() {
        northd = Optional.of(LocalProcess.start(
                "ovn-northd",
                List.of(
                        Programs.find("ovn-northd"),
                        "--ovnnb-db=" + northbound.address(),
                        "--ovnsb-db=" + southbound.address(),
                        "--unixctl=" + directory.resolve("northd.ctl"),
                        "--log-file=" + directory.resolve("northd.log"),
                        "-vconsole:off"),
                environment(),
                directory.resolve("northd.out")));
        sync();
    }

    @Override
    public OvsdbServer northbound() {
        return northbound;
    }

    @Override
    public OvsdbServer southbound() {
        return southbound;
    }

    public LocalProcess northd() {
        return northd.orElseThrow();
    }

    /** Where databases, logs and sockets are. */
    public Path directory() {
        return directory.path();
    }

    @Override
    public String nbctl(List<String> arguments) {
        return tool("ovn-nbctl", northbound, arguments).output();
    }

    @Override
    public String sbctl(List<String> arguments) {
        return tool("ovn-sbctl", southbound, arguments).output();
    }

    @Override
    public String trace(List<String> arguments) {
        return tool("ovn-trace", southbound, arguments).output();
    }

    private Command tool(String tool, OvsdbServer server, List<String> arguments) {
        var line = new ArrayList<String>();
        line.add(Programs.find(tool));
        line.add("--db=" + server.address());
        line.addAll(arguments);
        return new Command(line, environment());
    }

    private Map<String, String> environment() {
        var path = directory.path().toString();
        return Map.of("OVN_RUNDIR", path, "OVS_RUNDIR", path, "OVN_LOGDIR", path, "OVS_LOGDIR", path);
    }

    @Override
    public void close() {
        northd.ifPresent(LocalProcess::close);
        southbound.close();
        northbound.close();
        directory.close();
    }
}
