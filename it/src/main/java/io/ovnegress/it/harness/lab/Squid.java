package io.ovnegress.it.harness.lab;

import io.ovnegress.controller.proxy.ProxyRules;
import io.ovnegress.controller.proxy.SquidConfig;
import io.ovnegress.it.harness.process.LocalProcess;
import io.ovnegress.it.harness.process.WorkDirectory;
import io.ovnegress.it.harness.topology.ClusterPod;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;

/** Debian's squid in a pod, with the configuration that an EgressProxy gives it, as a user who may nothing that others may not. */
public final class Squid implements AutoCloseable {
    private final ClusterPod pod;
    private final WorkDirectory directory;
    private final LocalProcess process;

    private Squid(ClusterPod pod, WorkDirectory directory, LocalProcess process) {
        this.pod = pod;
        this.directory = directory;
        this.process = process;
    }

    public static boolean isInstalled() {
        return Stream.concat(
                        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)),
                        Stream.of("/usr/sbin"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "squid")));
    }

    /**
     * @param destinations of the EgressProxy, a line each
     * @param hosts what names it resolves, as in {@code /etc/hosts}; it has no server to ask for others
     */
    public static Squid start(Lab lab, ClusterPod pod, String destinations, String hosts) {
        var directory = WorkDirectory.create("ovn-egress-squid");
        var rules = ((ProxyRules.Reading.Read) ProxyRules.read(destinations)).rules();
        var names = write(directory.resolve("hosts"), hosts);
        var config = write(
                directory.resolve("squid.conf"),
                SquidConfig.of(rules) + "hosts_file " + names
                        + "\ndns_nameservers 127.0.0.1\ndns_timeout 1 second\ncoredump_dir none\n");
        allow(config.getParent(), "rwxr-xr-x");
        var process = lab.start(
                pod,
                "squid",
                List.of(
                        "setpriv",
                        "--reuid=65534",
                        "--regid=65534",
                        "--clear-groups",
                        "--no-new-privs",
                        "--bounding-set=-all",
                        "squid",
                        "-N",
                        "-f",
                        config.toString()));
        return new Squid(pod, directory, process);
    }

    private static Path write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        allow(file, "rw-r--r--");
        return file;
    }

    private static void allow(Path file, String permissions) {
        try {
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What its clients have as {@code http_proxy}. */
    public String url() {
        return "http://" + pod.ip() + ":" + SquidConfig.PORT;
    }

    public void requireAlive() {
        process.requireAlive();
    }

    @Override
    public void close() {
        process.close();
        directory.close();
    }
}
