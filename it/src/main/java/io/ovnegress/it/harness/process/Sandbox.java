package io.ovnegress.it.harness.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A root directory in which some files are others, for one process and its children: everything of the machine is there, /run is empty,
 * /etc a copy, and what lies in a directory of ours is laid over it. What is written outside of shared directories is lost at the end.
 * Made by mount namespaces, as root or as a user who may have namespaces of his own. Immutable.
 */
public final class Sandbox {
    private static final String ENTER = """
            set -e
            from=$1
            shift
            root=$from/.root
            mkdir -p "$root"
            mount -t tmpfs tmpfs "$root"
            for directory in /*; do
              [ -d "$directory" ] && [ "$directory" != /run ] && [ "$directory" != /etc ] || continue
              mkdir "$root$directory"
              mount --rbind "$directory" "$root$directory"
            done
            cp -a /etc "$root/etc" 2>/dev/null || true
            cp -r "$from"/* "$root/"
            exec chroot "$root" "$@"
            """;

    private final List<String> namespaces;

    private Sandbox(List<String> namespaces) {
        this.namespaces = List.copyOf(namespaces);
    }

    /** Empty where no mount namespace can be made. */
    public static Optional<Sandbox> available() {
        return List.of(List.of("unshare", "--mount"), List.of("unshare", "--user", "--map-root-user", "--mount"))
                .stream()
                .filter(Sandbox::works)
                .findFirst()
                .map(Sandbox::new);
    }

    private static boolean works(List<String> namespaces) {
        var line = new ArrayList<>(namespaces);
        line.addAll(List.of("mount", "-t", "tmpfs", "tmpfs", "/mnt"));
        return new Command(line, Map.of()).run().exitCode() == 0;
    }

    /**
     * The command line that runs another one inside, as the same process.
     *
     * @param files laid over the root directory by their path in this one
     * @param environment all there is
     */
    public List<String> inside(Path files, Map<String, String> environment, List<String> line) {
        var whole = new ArrayList<>(namespaces);
        whole.addAll(List.of("sh", "-c", ENTER, "sh", files.toString(), "env", "-i"));
        environment.forEach((name, value) -> whole.add(name + "=" + value));
        whole.addAll(line);
        return whole;
    }
}
