package io.ovnegress.it.harness.container;

import io.ovnegress.it.harness.process.LocalOvnCentral;
import io.ovnegress.it.harness.process.OvnCentral;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * The OVN that this run of the tests is about: the installed programs, or with system property {@code ovnegress.ovn} the image of
 * that name ({@code bookworm}, {@code trixie}) in a container. {@code it/scripts/containers.sh} says in the environment which
 * images there are, or why there are none; a test that needs one that is not there is skipped with that reason. Stateless.
 */
public final class OvnProvider {
    /** With this tag tests are run once more for every image. */
    public static final String TAG = "ovn";

    private static final String IMAGE = System.getProperty("ovnegress.ovn", "");

    private OvnProvider() {}

    /** A new and empty central. */
    public static OvnCentral start() {
        return image().<OvnCentral>map(image -> ContainerOvnCentral.start(image, Optional.empty()))
                .orElseGet(LocalOvnCentral::start);
    }

    /** A central whose northbound database is a copy of this file. */
    public static OvnCentral startWith(Path northboundFile) {
        return image().<OvnCentral>map(image -> ContainerOvnCentral.start(image, Optional.of(northboundFile)))
                .orElseGet(() -> LocalOvnCentral.startWith(northboundFile));
    }

    /** The name of the image, empty where the installed programs are used. */
    static String name() {
        return IMAGE;
    }

    private static Optional<String> image() {
        if (IMAGE.isEmpty()) {
            return Optional.empty();
        }
        var reference = System.getenv("OVN_EGRESS_IMAGE_" + IMAGE.toUpperCase(Locale.ROOT));
        if (reference == null) {
            var reason = "no container of image ovn-central:" + IMAGE + ": "
                    + Optional.ofNullable(System.getenv("OVN_EGRESS_NO_IMAGES"))
                            .orElse("not run by it/scripts/containers.sh, as make test does");
            System.err.println("skipped, " + reason);
            Assumptions.abort(reason);
        }
        return Optional.ofNullable(reference);
    }
}
