package io.ovnegress.controller.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.fabric8.kubernetes.api.model.NamedAuthInfo;
import io.fabric8.kubernetes.api.model.NamedCluster;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds and reads the configuration of the Kubernetes client. What is wrong with a file is said without a word of what is in it,
 * and without a cause that has one: somebody may have named a secret by mistake. (The loggers of the client that would tell are
 * off in logback.xml.)
 */
final class Kubeconfig {
    private static final String SERVICE_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    private static final String WHAT_IT_IS = "not a kubeconfig (YAML with clusters, contexts and users)";

    private Kubeconfig() {}

    /**
     * The file of the flag, else that of {@code KUBECONFIG}, else what is found: ~/.kube/config, the service account of the pod.
     *
     * @throws InvalidKubernetesConfigException if there is none, or a file cannot be used
     */
    static Config find(Optional<Path> flag, Map<String, String> environment) {
        if (flag.isPresent()) {
            return read("--kubeconfig", flag.get());
        }
        var variable = environment.getOrDefault("KUBECONFIG", "");
        var named = Arrays.stream(variable.split(File.pathSeparator))
                .filter(name -> !name.isBlank())
                .map(Path::of)
                .toList();
        if (named.size() == 1) {
            return read("KUBECONFIG", named.getFirst());
        }
        if (!named.isEmpty()) {
            return merged(named);
        }
        var home = Path.of(environment.getOrDefault("HOME", System.getProperty("user.home", "/")), ".kube", "config");
        if (Files.isRegularFile(home)) {
            return read("kubeconfig", home);
        }
        var config = Config.autoConfigure(null);
        if (isDefault(config)) {
            throw new InvalidKubernetesConfigException("no kubeconfig found: --kubeconfig and KUBECONFIG name none, "
                    + home + " is not there, and neither is the service account of a pod (" + SERVICE_ACCOUNT_TOKEN
                    + ")");
        }
        return config;
    }

    /** Nothing was found that tells where the API server is, or who we are. */
    private static boolean isDefault(Config config) {
        return config.getMasterUrl().startsWith("https://kubernetes.default.svc") && config.getAutoOAuthToken() == null;
    }

    /** Of several files those that are there count, as kubectl has it. */
    private static Config merged(List<Path> files) {
        var missing = new ArrayList<Path>();
        for (var file : files) {
            if (Files.isRegularFile(file)) {
                parse("KUBECONFIG " + file + ": ", file);
            } else {
                missing.add(file);
            }
        }
        if (missing.size() == files.size()) {
            throw new InvalidKubernetesConfigException("KUBECONFIG: none of these files is there: " + missing);
        }
        try {
            return Config.autoConfigure(null);
        } catch (RuntimeException e) {
            throw new InvalidKubernetesConfigException("KUBECONFIG: the files cannot be merged: " + files);
        }
    }

    private static Config read(String origin, Path file) {
        var prefix = origin + " " + file + ": ";
        if (!Files.isRegularFile(file)) {
            throw new InvalidKubernetesConfigException(prefix + "no such file");
        }
        var parsed = parse(prefix, file);
        Config config;
        try {
            config = Config.fromKubeconfig(file.toFile());
        } catch (RuntimeException e) {
            throw new InvalidKubernetesConfigException(prefix + WHAT_IT_IS);
        }
        var named = config.getCurrentContext();
        if (named == null || named.getContext() == null) {
            throw new InvalidKubernetesConfigException(prefix + "its current-context is not among its contexts");
        }
        var context = named.getContext();
        boolean hasServer = parsed.getClusters().stream()
                .filter(entry -> entry.getName() != null && entry.getName().equals(context.getCluster()))
                .map(NamedCluster::getCluster)
                .anyMatch(cluster -> cluster != null && cluster.getServer() != null);
        if (!hasServer) {
            throw new InvalidKubernetesConfigException(
                    prefix + "the cluster of its current-context is not among its clusters, or has no server");
        }
        boolean hasCommand = parsed.getUsers().stream()
                .filter(entry -> entry.getName() != null && entry.getName().equals(context.getUser()))
                .map(NamedAuthInfo::getUser)
                .anyMatch(user -> user != null && user.getExec() != null);
        if (hasCommand && hasNoCredential(config)) {
            throw new InvalidKubernetesConfigException(
                    prefix + "the command (exec) of its current user gave no credential: run it by hand to see why");
        }
        return config;
    }

    private static boolean hasNoCredential(Config config) {
        return config.getOauthToken() == null
                && config.getAutoOAuthToken() == null
                && config.getClientCertData() == null
                && config.getClientCertFile() == null;
    }

    private static io.fabric8.kubernetes.api.model.Config parse(String prefix, Path file) {
        try {
            var text = Files.readString(file);
            if (text.isBlank()) {
                throw new InvalidKubernetesConfigException(prefix + "the file is empty");
            }
            return new KubernetesSerialization().unmarshal(text, io.fabric8.kubernetes.api.model.Config.class);
        } catch (IOException e) {
            throw new InvalidKubernetesConfigException(
                    prefix + "cannot be read as text: " + e.getClass().getSimpleName());
        } catch (InvalidKubernetesConfigException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new InvalidKubernetesConfigException(prefix + WHAT_IT_IS + place(e));
        }
    }

    private static String place(Throwable error) {
        for (var cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof JsonProcessingException bad && bad.getLocation() != null) {
                return ": see line " + bad.getLocation().getLineNr();
            }
        }
        return "";
    }
}
