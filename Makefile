# make help lists the targets.
.DEFAULT_GOAL := help
.PHONY: help build image check-deploy test test-long test-kube test-packets test-page demo bench microbench chaos explain-check format

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*##/ { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

test: ## build everything and run all tests: real OVN programs, containers, packets (installs missing packages as root)
	@it/scripts/install-packages.sh --all
	@it/scripts/containers.sh run ./mvnw -B --no-transfer-progress verify

test-long: ## run the tests that make test leaves out because each takes a minute (TESTS=)
	@it/scripts/install-packages.sh
	./mvnw -B --no-transfer-progress package -pl it -am -Dtest.excluded= -Dgroups=long "-Dtest=$(or $(TESTS),*Test)" \
	  -Dsurefire.failIfNoSpecifiedTests=false

test-kube: ## run all tests of it against a real Kubernetes API (KUBECONFIG, KUBEBUILDER_ASSETS, or built once; TESTS=, OVN=25.03)
	@it/scripts/install-packages.sh
	@OVN=$(OVN) it/scripts/test-kube.sh $(TESTS)

test-packets: ## send real packets between network namespaces on OVN 23.03 and 25.03 (root only; TESTS=, OVN=25.03)
	@it/scripts/install-packages.sh --packets
	@OVN="$(OVN)" it/scripts/test-packets.sh $(TESTS)

test-page: ## look at the page in a headless Chromium: every view, a move, both themes, with axe (TESTS=)
	@it/scripts/install-packages.sh --browser
	@it/scripts/test-page.sh $(TESTS)

demo: ## tell the egress IP story on a real OVN, step by step, and check every step (as root with real packets; DEMO=--router, --systems, --keep)
	@it/scripts/demo.sh $(DEMO)

bench: ## measure the controller against the bare database server (BENCH=--quick; BENCH=dataplane OVN=25.03: real packets, as root)
	@OVN="$(OVN)" it/scripts/bench.sh $(BENCH)

microbench: ## measure the inner pieces of the hot path one by one, with JMH (two minutes)
	@it/scripts/bench.sh micro $(BENCH)

chaos: ## run random histories with kills, partitions and damaged rows (CHAOS="--histories 1000 --seed 42", "--soak 1h", --help; OVN=25.03)
	@OVN="$(OVN)" it/scripts/chaos.sh $(CHAOS)

explain-check: ## ask why pods leave as they do in random databases, and compare with ovn-trace (DATABASES=1000, SEED=1)
	@it/scripts/install-packages.sh
	./mvnw -B -q test -pl it -am -Dtest=ExplainOracleTest -Dsurefire.failIfNoSpecifiedTests=false \
	  -Dexplain.databases=$(or $(DATABASES),1000) -Dexplain.seed=$(or $(SEED),1)

image: ## build the controller's image with a local engine (IMAGE=ovn-egress:dev; OF=squid: that of EgressProxies)
	@deploy/tools/image.sh $(or $(OF),controller) $(IMAGE)

check-deploy: ## check manifests, alerts and dashboard without a cluster
	@deploy/tools/check.sh

build: ## compile and package without tests
	@it/scripts/build.sh

format: ## format the sources
	./mvnw -B -q spotless:apply
