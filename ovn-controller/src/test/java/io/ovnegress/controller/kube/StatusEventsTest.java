package io.ovnegress.controller.kube;

import static io.ovnegress.controller.kube.ApiServer.request;
import static org.assertj.core.api.Assertions.assertThat;

import io.ovnegress.reconciler.feature.StatusChange;
import io.ovnegress.reconciler.feature.egressip.status.EgressIpEventReason;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Events on the object, and when one counts up. */
class StatusEventsTest extends StatusWriterFixture {
    @Test
    void eventIsAWarningOnTheObject() {
        var object = server.create(DEMO);

        write(withEvents(change(object, List.of()), NO_NODE));

        assertThat(events()).hasSize(1);
        var event = events().getFirst();
        assertThat(event.getType()).isEqualTo("Warning");
        assertThat(event.getReason()).isEqualTo("NoMatchingNodeFound");
        assertThat(event.getMessage()).isEqualTo("no node is labelled");
        assertThat(event.getReportingComponent()).isEqualTo("ovn-egress");
        assertThat(event.getSource().getComponent()).isEqualTo("ovn-egress");
        assertThat(event.getCount()).isEqualTo(1);
        assertThat(event.getMetadata().getNamespace()).isEqualTo("default");
        assertThat(event.getInvolvedObject().getKind()).isEqualTo("EgressIP");
        assertThat(event.getInvolvedObject().getApiVersion()).isEqualTo("k8s.ovn.org/v1");
        assertThat(event.getInvolvedObject().getName()).isEqualTo("egressip-demo");
        assertThat(event.getInvolvedObject().getUid())
                .isEqualTo(object.getMetadata().getUid());
        assertThat(event.getInvolvedObject().getNamespace()).isNull();
    }

    @Test
    void sameEventWithinTenMinutesCountsUp() {
        var change = withEvents(change(server.create(DEMO), List.of()), NO_NODE);

        write(change);
        clock.advance(Duration.ofMinutes(9));
        write(change);

        assertThat(events()).hasSize(1);
        assertThat(events().getFirst().getCount()).isEqualTo(2);
        assertThat(events().getFirst().getFirstTimestamp()).isEqualTo("2026-03-01T10:00:00Z");
        assertThat(events().getFirst().getLastTimestamp()).isEqualTo("2026-03-01T10:09:00Z");
        assertThat(server.requests("GET", "/events/"))
                .as("not allowed by the role")
                .isZero();
    }

    @Test
    void anotherReasonOrTimeMakesANewEvent() {
        var change = change(server.create(DEMO), List.of());

        write(withEvents(change, NO_NODE));
        write(withEvents(change, new StatusChange.Event(EgressIpEventReason.UnassignedRequest, NO_NODE.message())));
        clock.advance(Duration.ofMinutes(11));
        write(withEvents(change, NO_NODE));

        assertThat(events()).hasSize(3).allMatch(event -> event.getCount() == 1);
    }

    @Test
    void anotherMessageOfTheSameReasonIsTheSameEventThatSaysSo() {
        var change = change(server.create(DEMO), List.of());

        write(withEvents(change, NO_NODE));
        write(withEvents(change, new StatusChange.Event(NO_NODE.reason(), "another \"message\"")));

        assertThat(events()).hasSize(1);
        assertThat(events().getFirst().getCount()).isEqualTo(2);
        assertThat(events().getFirst().getMessage()).isEqualTo("another \"message\"");
    }

    @Test
    void eventThatTheServerForgotIsMadeAnew() {
        var change = withEvents(change(server.create(DEMO), List.of()), NO_NODE);
        write(change);
        client.v1().events().inNamespace("default").delete();

        write(change);

        assertThat(events()).hasSize(1);
        assertThat(events().getFirst().getCount()).isEqualTo(1);
    }

    @Test
    void eventThatIsRefusedHoldsUpNothing() {
        server.fail(403, Integer.MAX_VALUE, request("POST", "/events"));

        write(withEvents(change(server.create(DEMO), ON_NODE1, ASSIGNED), NO_NODE));

        assertThat(items()).hasSize(1);
        assertThat(writer.eventsFailed()).isEqualTo(1);
        assertThat(writer.eventsRecorded()).isZero();
    }
}
