package io.ovnegress.controller.cli;

import io.ovnegress.controller.ovsdb.NbRemote;
import io.ovnegress.controller.ovsdb.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where the northbound database is, and how it is spoken to. */
final class DatabaseFlags {
    @Option(
            names = "--nb-address",
            paramLabel = "ADDRESS[,...]",
            order = 1,
            defaultValue = "unix:/var/run/ovn/ovnnb_db.sock",
            converter = Converters.NbRemotes.class,
            description = {
                "Servers of OVN_Northbound, tried in turn: unix:FILE, tcp:HOST:PORT, ssl:HOST:PORT.",
                "Default: ${DEFAULT-VALUE}"
            })
    private List<NbRemote> address;

    @Option(
            names = "--nb-client-privkey",
            paramLabel = "FILE",
            order = 2,
            converter = Converters.ReadableFile.class,
            description = "Our private key for ssl:, PEM.")
    private Path privateKey;

    @Option(
            names = "--nb-client-cert",
            paramLabel = "FILE",
            order = 3,
            converter = Converters.ReadableFile.class,
            description = "Our certificate for ssl:, PEM.")
    private Path certificate;

    @Option(
            names = "--nb-client-cacert",
            paramLabel = "FILE",
            order = 4,
            converter = Converters.ReadableFile.class,
            description = "The authority that the servers' certificates for ssl: are signed by, PEM.")
    private Path authority;

    @Option(
            names = "--sb-address",
            paramLabel = "ADDRESS[,...]",
            order = 5,
            converter = Converters.NbRemotes.class,
            description =
                    "Servers of OVN_Southbound, likewise, with the same files for ssl:. Only read, and only for where OVN has"
                            + " routers of egress IPs that it moves by itself, which OVN_Northbound says since OVN 24.03. Not given: not"
                            + " read.")
    private List<NbRemote> southbound = List.of();

    @Option(
            names = "--inactivity-probe",
            paramLabel = "TIME",
            order = 6,
            defaultValue = "10s",
            converter = Converters.Time.class,
            description = {
                "Silence after which a server is asked whether it is there, and given up after as much "
                        + "again; 0: never.",
                "Default: ${DEFAULT-VALUE}"
            })
    private Duration inactivityProbe;

    @Option(
            names = "--max-rows-per-transaction",
            paramLabel = "ROWS",
            order = 7,
            defaultValue = "500",
            converter = Converters.RowLimit.class,
            description = "A transaction takes no further pods after this many rows; moving an egress IP is still one"
                    + " transaction. Above a few hundred the server gets slower per row. Default: ${DEFAULT-VALUE}")
    private int maxRowsPerTransaction;

    List<NbRemote> address() {
        return address;
    }

    List<NbRemote> southbound() {
        return southbound;
    }

    Duration inactivityProbe() {
        return inactivityProbe;
    }

    int maxRowsPerTransaction() {
        return maxRowsPerTransaction;
    }

    /** @throws ParameterException if the files for {@code ssl:} are missing, or there are some although no address needs them */
    Optional<TlsFiles> tls(CommandLine command) {
        boolean encrypted =
                Stream.concat(address.stream(), southbound.stream()).anyMatch(NbRemote.Ssl.class::isInstance);
        require("--nb-client-privkey", privateKey, encrypted, command);
        require("--nb-client-cert", certificate, encrypted, command);
        require("--nb-client-cacert", authority, encrypted, command);
        return encrypted ? Optional.of(new TlsFiles(privateKey, certificate, authority)) : Optional.empty();
    }

    /** Keys without encryption are a mistake that would go unseen: the connection works, in plain text. */
    private static void require(String flag, Path file, boolean encrypted, CommandLine command) {
        if (encrypted && file == null) {
            throw new ParameterException(
                    command, flag + " is missing: an ssl: address in --nb-address or --sb-address needs it");
        }
        if (!encrypted && file != null) {
            var addresses = Flags.text(command.getCommandSpec().findOption("--nb-address"), command)
                    .orElse("");
            throw new ParameterException(
                    command,
                    flag + "=" + file + ": only for an ssl: address, and --nb-address=" + addresses + " has none");
        }
    }
}
