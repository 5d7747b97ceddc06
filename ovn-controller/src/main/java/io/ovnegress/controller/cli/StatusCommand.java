package io.ovnegress.controller.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code ovn-egress status}: asks a running controller how it stands. */
@Command(
        name = "status",
        description = {
            "On one screen: who leads, which database server is read and what it says of itself, what is missing to be ready,"
                    + " the backlog, how many addresses have a node, are on their way, have none and why, the nodes, and what"
                    + " waits because the database refused it or another writer keeps at it."
        },
        descriptionHeading = "%n",
        optionListHeading = "%n",
        sortOptions = false,
        mixinStandardHelpOptions = true,
        usageHelpAutoWidth = true,
        usageHelpWidth = 100,
        footerHeading = "%nExamples:%n",
        footer = {"  ovn-egress status", "  ovn-egress status --watch"},
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:ready", "1:not ready", "2:a flag is wrong", "3:no controller answers"})
final class StatusCommand implements Callable<Integer> {
    private static final Duration REFRESH = Duration.ofSeconds(2);
    private static final int NOT_READY = 1;
    /** To the upper left, what is there being written over, and what is left below being cleared. */
    private static final String HOME = "\u001b[H\u001b[J";

    @Mixin
    private AskFlags flags;

    @Option(names = "--watch", description = "Refreshes in place every two seconds, until it is interrupted.")
    private boolean watch;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var command = spec.commandLine();
        int code = flags.show("status", Map.of(), new Screen(), command);
        while (watch && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(REFRESH.toNanos());
            command.getOut().print(HOME);
            code = flags.show("status", Map.of(), new Screen(), command);
        }
        return code;
    }

    private static final class Screen implements AskFlags.Table {
        @Override
        public void show(JsonNode status, TextTable table) {
            table.line("", table.bold(text(status, "answer")));
            var cells = new ArrayList<List<String>>();
            status.path("conditions")
                    .forEach(condition -> cells.add(List.of(
                            condition.path("ok").asBoolean() ? "ok" : "missing",
                            text(condition, "name"),
                            text(condition, "message"))));
            table.columns("  ", cells);
            table.columns("", facts(status));
            rows(table, "nodes", status.path("nodes"), "state", "name", "addresses");
            var troubled = new ArrayList<List<String>>();
            status.path("troubled")
                    .forEach(each -> troubled.add(List.of(
                            each.at("/standing/code").asText(),
                            text(each, "owner") + (each.has("object") ? " of " + text(each, "object") : ""),
                            each.at("/standing/message").asText())));
            titled(table, "waiting", troubled);
            var transactions = new ArrayList<List<String>>();
            status.path("transactions")
                    .forEach(each -> transactions.add(List.of(
                            text(each, "outcome"),
                            text(each, "time"),
                            "transaction " + text(each, "number") + ": " + text(each, "rows") + " rows of "
                                    + text(each, "owners") + " owners in " + text(each, "milliseconds") + " ms")));
            titled(table, "last transactions", transactions);
            rows(table, "top reasons", status.path("reasons"), "count", "what", "reason");
        }

        private static List<List<String>> facts(JsonNode status) {
            var database = status.path("database");
            var backlog = status.path("backlog");
            var addresses = status.path("addresses");
            var reasons = new ArrayList<String>();
            addresses
                    .path("reasons")
                    .properties()
                    .forEach(reason -> reasons.add(
                            reason.getKey() + " " + reason.getValue().asText()));
            var facts = new ArrayList<List<String>>();
            facts.addAll(List.of(
                    List.of(
                            "database",
                            text(database, "phase") + ": "
                                    + (database.has("server") ? text(database, "server") : text(database, "addresses"))
                                    + (database.has("schema")
                                            ? ", " + text(database, "schema") + ", " + text(database, "role")
                                            : "")
                                    + behind(database)
                                    + ", " + text(database, "rows") + " rows"
                                    + (database.has("trouble") ? "; cannot write: " + text(database, "trouble") : "")),
                    List.of(
                            "backlog",
                            text(backlog, "owners") + " to be looked at, " + text(backlog, "inFlight")
                                    + " transactions on their way, " + text(backlog, "betweenSteps")
                                    + " between steps, "
                                    + text(backlog, "refused") + " refused, " + text(backlog, "contested")
                                    + " contested"),
                    List.of(
                            "addresses",
                            text(addresses, "assigned") + " have a node (" + text(addresses, "pending")
                                    + " on their way), " + text(addresses, "unassigned") + " have none"
                                    + (reasons.isEmpty() ? "" : ": " + String.join(", ", reasons)))));
            if (status.has("southbound")) {
                facts.add(1, List.of("southbound", southbound(status.path("southbound"))));
            }
            return facts;
        }

        private static String behind(JsonNode database) {
            if (!database.has("behind") || text(database, "role").equals("standalone")) {
                return "";
            }
            var entry = database.has("logEntry") ? " (log entry " + text(database, "logEntry") + ")" : "";
            return database.path("behind").asBoolean()
                    ? ", behind: " + text(database, "lastError")
                    : ", not behind" + entry;
        }

        private static String southbound(JsonNode southbound) {
            return southbound.path("connected").asBoolean()
                    ? "connected: " + text(southbound, "server") + ", " + text(southbound, "schema")
                    : "not connected, where routers are is as it was told last: " + text(southbound, "lastError");
        }

        private static void rows(TextTable table, String title, JsonNode rows, String... columns) {
            var cells = new ArrayList<List<String>>();
            rows.forEach(row -> {
                var line = new ArrayList<String>();
                for (var column : columns) {
                    line.add(text(row, column));
                }
                cells.add(line);
            });
            titled(table, title, cells);
        }

        private static void titled(TextTable table, String title, List<List<String>> cells) {
            if (!cells.isEmpty()) {
                table.line("", title);
                table.columns("  ", cells);
            }
        }

        private static String text(JsonNode json, String name) {
            return json.path(name).asText();
        }

        @Override
        public int exitCode(JsonNode status) {
            return text(status, "answer").equals("ready") ? CommandLine.ExitCode.OK : NOT_READY;
        }
    }
}
