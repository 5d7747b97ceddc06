package io.ovnegress.it.page;

import static io.ovnegress.it.harness.process.Await.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.ovnegress.it.harness.ClusterExtension;
import io.ovnegress.it.harness.LiveCluster;
import io.ovnegress.it.harness.kube.EgressIps;
import io.ovnegress.it.harness.northbound.EgressServices.Service;
import io.ovnegress.it.harness.topology.ClusterPod;
import io.ovnegress.it.harness.topology.Family;
import io.ovnegress.it.harness.topology.Topology;
import io.ovnegress.it.page.Browser.Look;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.openqa.selenium.Keys;

/** The page of a running controller on a real OVN, in a real browser. */
@Tag("browser")
class PageTest {
    private static final Topology TOPOLOGY = Topology.ipv4(58, "worker-0", "worker-1");
    private static final String IP = "192.168.126.100";
    private static final String NOWHERE = "172.31.0.9";
    private static final Map<String, String> SIMPSON = Map.of("house", "simpson");
    private static final Map<String, String> FLANDERS = Map.of("house", "flanders");

    @RegisterExtension
    static final ClusterExtension CONTROLLER = ClusterExtension.of(TOPOLOGY);

    private static Browser browser;

    @BeforeAll
    static void start() {
        browser = new Browser(CONTROLLER.controller().url());
    }

    @AfterAll
    static void stop() {
        browser.close();
    }

    @AfterEach
    void nothingIsSaidOnTheConsole() {
        assertThat(browser.consoleErrors()).isEmpty();
        browser.leave();
        browser.look(new Look(1600, false));
    }

    /** Two pods leave as an address of worker-0, one whose object has none leaves as its node. */
    private static void simpsonsAndFlanders(LiveCluster cluster) {
        cluster.label("worker-0");
        cluster.namespace("simpson", SIMPSON);
        cluster.namespace("flanders", FLANDERS);
        var homer = cluster.run(pod("simpson", "homer", 0));
        var marge = cluster.run(pod("simpson", "marge", 1));
        cluster.run(pod("flanders", "ned", 1, 1));
        cluster.apply(EgressIps.of("egressip-simpson", SIMPSON, IP));
        cluster.apply(EgressIps.of("egressip-flanders", FLANDERS, NOWHERE));
        cluster.awaitServices(
                Service.of(homer, IP, TOPOLOGY.node("worker-0")), Service.of(marge, IP, TOPOLOGY.node("worker-0")));
        cluster.label("worker-1");
        CONTROLLER.controller().awaitIdle();
    }

    private static ClusterPod pod(String namespace, String name, int number) {
        return pod(namespace, name, number, 0);
    }

    private static ClusterPod pod(String namespace, String name, int node, int number) {
        return Topology.pod(namespace, name, Map.of(), TOPOLOGY.node("worker-" + node), number);
    }

    @Test
    void theMapShowsWhereAddressesAreWhatALossWouldDoAndAMoveAsAMove(LiveCluster cluster) throws IOException {
        simpsonsAndFlanders(cluster);
        browser.open("map");
        browser.awaitText("[data-node=worker-0]", IP, "1\naddress", "2\npods");
        browser.awaitText(".lane", "1 address without a node", "NoMatchingNode", NOWHERE);
        assertThat(browser.text("[data-node=worker-1]")).contains("no address").doesNotContain(IP);

        browser.click("[data-node=worker-0] button");

        var loss = CONTROLLER.controller().get("/api/v1/whatif?lose=worker-0").orElseThrow();
        browser.awaitText(
                "aside .answer",
                new ObjectMapper().readTree(loss.body()).path("answer").asText());
        browser.awaitText("aside .goes", "to worker-1\n1 address, 2 pods");
        browser.awaitText("[data-node=worker-1]", "would get 1 more");
        browser.keep("what-if");

        cluster.setReady(TOPOLOGY.node("worker-0"), false);

        browser.awaitText("[data-node=worker-1]", IP, "1\naddress", "2\npods");
        browser.awaitText(".moves", IP + " moved from worker-0 to worker-1");
        browser.keep("moved");
        assertThat((String) browser.script("return document.getElementById('announced').textContent"))
                .contains(IP + " moved from worker-0 to worker-1");
        browser.awaitText("[data-node=worker-0]", "NotReady", "no address");
        browser.awaitText("aside .answer", "no address is there");
    }

    @Test
    void aPodIsExplainedAsTheWayOfItsPackets(LiveCluster cluster) {
        simpsonsAndFlanders(cluster);
        browser.open("pod");
        browser.type("#what", "simpson/marge", Keys.ENTER);

        browser.awaitText(".card > .answer", "leaves as " + IP + " from worker-0 (EgressIP egressip-simpson)");
        assertThat(browser.texts(".station h3").stream().map(title -> title.replace("\nright", "")))
                .containsExactly("Pod", "Policy", "Join address", "Gateway router", "SNAT", "Outside");
        assertThat(browser.texts(".station .value"))
                .containsExactly("simpson/marge", "100 reroute", "100.64.0.2", "GR_worker-0", IP, IP);
        assertThat(browser.count(".station.good")).isEqualTo(6);
        browser.click(".station summary");
        assertThat(browser.text(".station .row"))
                .contains("Logical_Router_Policy", "in the database", "ip4.src == 10.", "ovn-nbctl list");

        browser.open("pod/flanders/ned");
        browser.awaitText(".card > .answer", "leaves with the node's address");
        browser.awaitText(".reasons", "NotPlaced", "no node has it in its network");
        assertThat(browser.count(".station.warn")).isPositive();

        browser.open("pod/ip:" + IP);
        browser.awaitText(".card > .answer", "is an egress IP of egressip-simpson on node worker-0");
        browser.open("pod/simpson/mrage");
        browser.awaitText(".trouble", "there is no pod simpson/mrage", "simpson/marge");
        browser.leave();
        assertThat(browser.consoleErrors()).isNotEmpty().allMatch(error -> error.contains("status of 404"));
    }

    @Test
    void whatAPodSendsToOneDestinationIsAskedInTheSameView(LiveCluster cluster) {
        simpsonsAndFlanders(cluster);
        browser.open("pod/simpson/marge");
        browser.awaitText(".card > .answer", "leaves as " + IP);

        browser.type("#to", "8.8.8.8:443/tcp", Keys.ENTER);

        browser.awaitText(".card > .answer", "to 8.8.8.8:443/tcp: leaves as " + IP + " from worker-0");
        browser.awaitText(".station.good", "simpson/marge");
        browser.awaitText(".way", "by destination", "of all policies this one decides");
        browser.keep("destination");
        browser.open("pod/simpson/marge?to=" + pod("simpson", "homer", 0).ip(Family.V4));
        browser.awaitText(".card > .answer", "stays in the cluster");
        browser.open("pod/simpson/marge?to=nowhere");
        browser.awaitText(".trouble", "?to=IP[:PORT][/PROTOCOL]");
        browser.leave();
        assertThat(browser.consoleErrors()).isNotEmpty().allMatch(error -> error.contains("status of 400"));
    }

    @Test
    void addressesThatNobodyHasMadeAreAnswered(LiveCluster cluster) {
        simpsonsAndFlanders(cluster);
        browser.open("constructor");
        browser.awaitText("[data-node=worker-0]", IP);
        browser.open("pod/%");
        browser.awaitText(".trouble", "there is no pod %");
        browser.open("map/__proto__");
        browser.awaitText("[data-node=worker-0]", IP);
        browser.leave();
        assertThat(browser.consoleErrors()).isNotEmpty().allMatch(error -> error.contains("status of 404"));
    }

    /** Events come faster than an answer under load: what is asked again meanwhile must not take the answer away. */
    @Test
    void whatLoadsComesToItsEndHoweverOftenItIsAskedAgain(LiveCluster cluster) {
        simpsonsAndFlanders(cluster);
        browser.open("timeline");
        var counts = browser.script("""
                return import('./ask.js').then(async ({again}) => {
                  let begun = 0, ended = 0, end;
                  const load = again(() => { begun++; return new Promise(done => { end = () => { ended++; done(); }; }); });
                  load(); load(); load();
                  const first = [begun, ended];
                  end();
                  await new Promise(done => setTimeout(done));
                  return [...first, begun, ended];
                });""");

        assertThat(counts).isEqualTo(List.of(1L, 0L, 2L, 1L));
    }

    @Test
    void rowsThatWereNotRightAreRepairedWhichTheTimelineTells(LiveCluster cluster) {
        CONTROLLER.doNotJudgeTransactions();
        simpsonsAndFlanders(cluster);
        CONTROLLER.controller().process().freeze();
        var nat = cluster.rows().egressNats().getFirst().uuid();
        cluster.central().nbctl("set", "nat", nat, "external_port_range=1-2");
        CONTROLLER.controller().process().thaw();
        browser.open("timeline");
        browser.awaitText(".moments", "repaired", "external_port_range '1-2'");
        browser.awaitText(".moments", "egress IP assigned", "egress IP unassigned");
        browser.click(".choices button");
        await("no moves")
                .untilAsserted(() -> assertThat(browser.text(".moments")).doesNotContain("egress IP assigned"));
        assertThat(browser.text(".lead")).contains("transactions committed");
        assertThat(browser.count(".chart rect")).isPositive();

        browser.open("audit");
        browser.awaitText(".lead", "rows are right");
        browser.awaitText("[data-class=Right]", "right");
        assertThat(browser.text("[data-class=Wrong]")).startsWith("0");
    }

    @Test
    void everythingCanBeDoneWithTheKeyboard(LiveCluster cluster) {
        simpsonsAndFlanders(cluster);
        browser.open("map");
        browser.awaitText("[data-node=worker-0]", IP);
        browser.press(Keys.TAB);
        assertThat(browser.focused()).isEqualTo("Skip to the view");
        for (var view : List.of("Map", "Pod", "Timeline", "Audit")) {
            browser.press(Keys.TAB);
            assertThat(browser.focused()).isEqualTo(view);
        }
        browser.press(Keys.TAB);
        browser.press("mar");
        browser.awaitText("#found", "simpson/marge");
        browser.press(Keys.ARROW_DOWN, Keys.ENTER);
        browser.awaitText(".card > .answer", "leaves as " + IP);
        browser.type("#search", IP);
        browser.awaitText("#found", IP);
        browser.type("#search", Keys.ESCAPE);
        assertThat(browser.count("#found[hidden]")).isOne();
    }

    @Test
    void everyViewIsForEverybodyInBothThemesNarrowAndWideAndLoadsNothingFromElsewhere(LiveCluster cluster) {
        simpsonsAndFlanders(cluster);
        var ready = Map.of(
                "map/worker-0", ".goes",
                "pod/simpson/marge?to=8.8.8.8:443/tcp", ".station",
                "timeline", ".moments",
                "audit", ".classes b");
        var complaints = new ArrayList<String>();
        for (var look : Look.ALL) {
            browser.look(look);
            ready.forEach((view, there) -> {
                browser.open(view);
                await(there).until(() -> browser.count(there) > 0);
                await("standing").until(() -> browser.text("#standing").equals("ready, leads"));
                complaints.addAll(browser.complaints(view.replaceAll("/.*", ""), look));
                assertThat(browser.loadedFrom())
                        .containsExactly(CONTROLLER.controller().url());
            });
        }
        assertThat(complaints).isEmpty();
    }
}
