package io.ovnegress.controller.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.ovnegress.controller.names.NameLookup.Answer;
import io.ovnegress.reconciler.feature.HostNames;
import io.ovnegress.reconciler.input.InputChange;
import io.ovnegress.reconciler.input.IpAddress;
import io.ovnegress.reconciler.input.IpFamily;
import io.ovnegress.reconciler.input.ResolvedName;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/** What names stand for, asked of a DNS server on the loopback address. */
class NameResolvingTest {
    private static final String WWW = "www.example.com";
    private static final Duration LONG = Duration.ofSeconds(60);

    private final LoopbackDns server = new LoopbackDns();
    private final BlockingQueue<InputChange> inbox = new LinkedBlockingQueue<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final NameLookup lookup = NameLookup.at(List.of(server.address()));
    private final NameResolving resolving = new NameResolving(lookup, inbox::add, registry);

    NameResolvingTest() throws IOException {}

    @AfterEach
    void stop() {
        resolving.close();
        server.close();
    }

    private static Record a(String name, long ttl, String address) throws IOException {
        return new ARecord(Name.fromString(name + "."), DClass.IN, ttl, InetAddress.getByName(address));
    }

    private static Record aaaa(String name, long ttl, String address) throws IOException {
        return new AAAARecord(Name.fromString(name + "."), DClass.IN, ttl, InetAddress.getByName(address));
    }

    private static Record cname(String name, long ttl, String target) throws IOException {
        return new CNAMERecord(Name.fromString(name + "."), DClass.IN, ttl, Name.fromString(target + "."));
    }

    private static ResolvedName resolved(String... addresses) {
        return new ResolvedName(
                WWW,
                Stream.of(addresses)
                        .map(text -> IpAddress.parse(text).orElseThrow())
                        .collect(Collectors.toSet()),
                Optional.empty());
    }

    private void follow(String... names) {
        resolving.accept(new HostNames(Set.of(names)));
    }

    private InputChange next() throws InterruptedException {
        var change = inbox.poll(LONG.toSeconds(), TimeUnit.SECONDS);
        assertThat(change).as("something is told").isNotNull();
        return change;
    }

    private double names(String state) {
        return registry.get("ovn.egress.names").tag("state", state).gauge().value();
    }

    @Test
    void aChangedAnswerIsToldWhenTheFormerOneIsNoLongerGood() throws Exception {
        server.answer(WWW, a(WWW, 1, "10.11.12.13"), aaaa(WWW, 1, "2001:db8::1"));
        follow(WWW);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13", "2001:db8::1")));
        assertThat(names("resolved")).isEqualTo(1);

        server.answer(WWW, a(WWW, 1, "20.21.22.23"));
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("20.21.22.23")));
    }

    @Test
    void theRecordThatGoesFirstSaysHowLongTheWholeWayIsGood() throws Exception {
        server.answer(WWW, cname(WWW, 7, "web.example.org"), a("web.example.org", 300, "10.11.12.13"));

        assertThat(lookup.ask(WWW, IpFamily.V4))
                .isEqualTo(
                        new Answer.Addresses(resolved("10.11.12.13").addresses(), Optional.of(Duration.ofSeconds(7))));
    }

    @Test
    void anAnswerThatDoesNotSayHowLongItIsGoodIsAskedForAgainAfterHalfAnHour() throws Exception {
        assertThat(lookup.ask(WWW, IpFamily.V4)).isEqualTo(new Answer.Addresses(Set.of(), Optional.empty()));
        assertThat(NameResolving.LONGEST).isEqualTo(Duration.ofMinutes(30));
    }

    @Test
    void aServerThatFailsLeavesTheLastAddressesAndIsAskedAgain() throws Exception {
        server.answer(WWW, a(WWW, 1, "10.11.12.13"));
        follow(WWW);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13")));

        server.answerWith(Rcode.SERVFAIL);
        assertThat(next())
                .isEqualTo(new InputChange.Put(
                        new ResolvedName(WWW, resolved("10.11.12.13").addresses(), Optional.of("SERVFAIL"))));
        assertThat(names("unresolved")).isEqualTo(1);

        server.answerWith(Rcode.NOERROR);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13")));
    }

    /** The other one's answer is good for half an hour. */
    @Test
    void aFamilyThatFailsIsAFailureThoughTheOtherOneAnswersIfItHasAnswered() throws Exception {
        server.answer(WWW, a(WWW, 1, "10.11.12.13"), aaaa(WWW, 1800, "2001:db8::1"));
        follow(WWW);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13", "2001:db8::1")));

        server.failFor(Type.A);
        assertThat(next())
                .isEqualTo(new InputChange.Put(new ResolvedName(
                        WWW, resolved("10.11.12.13", "2001:db8::1").addresses(), Optional.of("SERVFAIL"))));

        server.answer(WWW, a(WWW, 1, "20.21.22.23"), aaaa(WWW, 1800, "2001:db8::1"));
        server.failFor(0);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("20.21.22.23", "2001:db8::1")));
    }

    /** As after a start: what is told is used, and destinations that are missing are refused. */
    @Test
    void aFamilyThatHasNeverAnsweredIsAskedAgainBeforeItCountsAsOneThatTheServerDoesNotHave() throws Exception {
        server.answer(WWW, a(WWW, 60, "10.11.12.13"), aaaa(WWW, 1800, "2001:db8::1"));
        server.failFor(Type.A);
        follow(WWW);
        await().until(() -> server.asked() >= 3);
        assertThat(inbox).isEmpty();

        server.failFor(0);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13", "2001:db8::1")));
    }

    @Test
    void aNameThatDoesNotExistHasNoAddress() throws Exception {
        server.answer(WWW, a(WWW, 1, "10.11.12.13"));
        follow(WWW);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13")));

        server.answerWith(Rcode.NXDOMAIN);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved()));
    }

    @Test
    void whatIsToldIsToldOnceHoweverOftenItIsAsked() throws Exception {
        server.answer(WWW, a(WWW, 1, "10.11.12.13"));
        follow(WWW);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13")));

        await().atMost(LONG).until(() -> server.asked() >= 6);
        assertThat(inbox).isEmpty();
    }

    @Test
    void aNameThatNobodyWantsIsForgotten() throws Exception {
        server.answer(WWW, a(WWW, 1, "10.11.12.13"));
        follow(WWW);
        assertThat(next()).isEqualTo(new InputChange.Put(resolved("10.11.12.13")));

        follow();
        assertThat(next()).isEqualTo(new InputChange.Removed(ResolvedName.KIND, WWW));
        assertThat(names("resolved")).isZero();
    }
}
