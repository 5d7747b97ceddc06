package io.ovnegress.controller.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import java.net.HttpURLConnection;
import java.util.Optional;

/** What went wrong between us and the API server, for people and for decisions. Stateless. */
public final class ApiErrors {
    private static final int UNPROCESSABLE = 422;
    private static final int TOO_MANY_REQUESTS = 429;

    private ApiErrors() {}

    /** One line: the server's words if it answered, else the first cause. */
    public static String describe(Throwable error) {
        for (var cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof KubernetesClientException answer && answer.getCode() > 0) {
                var status = answer.getStatus();
                var words = status == null || status.getMessage() == null ? answer.getMessage() : status.getMessage();
                return "HTTP " + answer.getCode() + ": " + firstLine(words);
            }
        }
        if (error instanceof CallNotPermittedException) {
            return "the API server has failed too often, it is left alone for a while";
        }
        return "the API server does not answer: " + firstLine(root(error));
    }

    /** Kind and message. What does not parse is not quoted: it may be a file that somebody has put in the kubeconfig's place. */
    public static String firstLine(Throwable error) {
        if (error instanceof JsonProcessingException unreadable) {
            var place = Optional.ofNullable(unreadable.getLocation());
            return error.getClass().getSimpleName()
                    + place.map(at -> " at line " + at.getLineNr() + ", column " + at.getColumnNr())
                            .orElse("");
        }
        var message = error.getMessage();
        return error.getClass().getSimpleName()
                + (message == null || message.isBlank() ? "" : ": " + firstLine(message));
    }

    private static String firstLine(String text) {
        return text == null ? "" : text.strip().lines().findFirst().orElse("");
    }

    private static Throwable root(Throwable error) {
        var root = error;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    static boolean isNotFound(Throwable error) {
        return code(error) == HttpURLConnection.HTTP_NOT_FOUND;
    }

    /** Somebody else was faster. */
    public static boolean isConflict(Throwable error) {
        return code(error) == HttpURLConnection.HTTP_CONFLICT;
    }

    /** The object would be invalid, or a test of a JSON patch failed. */
    public static boolean isUnprocessable(Throwable error) {
        return code(error) == UNPROCESSABLE;
    }

    /** Whether the same request may succeed later: no answer, conflict, too many requests, trouble of the server's own. */
    static boolean isTransient(Throwable error) {
        int code = code(error);
        return code == 0
                || code == HttpURLConnection.HTTP_CONFLICT
                || code == TOO_MANY_REQUESTS
                || code >= HttpURLConnection.HTTP_INTERNAL_ERROR;
    }

    private static int code(Throwable error) {
        return error instanceof KubernetesClientException answer ? answer.getCode() : 0;
    }
}
