package io.ovnegress.controller.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whoever is woken by an alert is told which question to ask first, and the command line understands it. */
class RunbookQuestionsTest {
    private static final Path RUNBOOK = Path.of("..", "docs", "operations.md");
    private static final Path ALERTS = Path.of("..", "deploy", "components", "monitoring", "prometheusrule.yaml");
    private static final Pattern ALERT = Pattern.compile("- alert: (\\w+)");
    private static final Pattern PARAGRAPH = Pattern.compile("\n### (OvnEgress\\w+)\n\n(.*?)(?=\n#|$)", Pattern.DOTALL);
    private static final Pattern QUESTION = Pattern.compile("`ovn-egress ([^`]+)`");
    private static final Set<String> QUESTIONS =
            Set.of("status", "explain", "whatif", "history", "audit", "whois", "plan");

    private static Map<String, String> paragraphs() throws IOException {
        var paragraphs = new TreeMap<String, String>();
        var found = PARAGRAPH.matcher(Files.readString(RUNBOOK));
        while (found.find()) {
            paragraphs.put(found.group(1), found.group(2));
        }
        return paragraphs;
    }

    @Test
    void everyAlertHasAParagraphAndEveryParagraphAnAlert() throws IOException {
        var alerts = new TreeSet<String>();
        ALERT.matcher(Files.readString(ALERTS)).results().forEach(found -> alerts.add(found.group(1)));

        assertThat(alerts).hasSizeGreaterThan(20);
        assertThat(paragraphs().keySet()).isEqualTo(alerts);
    }

    @Test
    void everyAlertIsLookedAtFirstWithAQuestionThatIsUnderstood() throws IOException {
        for (var paragraph : paragraphs().entrySet()) {
            var first = paragraph.getValue().split("\n\n", 2)[0].replace('\n', ' ');
            assertThat(first).as(paragraph.getKey()).startsWith("**Look first**: `ovn-egress ");
            var questions = QUESTION.matcher(first)
                    .results()
                    .map(found -> found.group(1))
                    .toList();
            assertThat(questions).as(paragraph.getKey()).isNotEmpty();
            for (var question : questions) {
                var words = List.of(question.split(" "));
                assertThat(words.getFirst()).as(question).isIn(QUESTIONS);
                EgressCommand.commandLine(Map.of(), (config, changed) -> 0).parseArgs(words.toArray(String[]::new));
            }
        }
    }
}
