# Targets with a ## comment are listed by `make help`.

GO      ?= go
YOLK    := out/yolk
PORT    ?= 8080
MEMORY  ?= 64M
DURATION ?= 10m
RELEASE ?= $(shell awk '/^go/ {v = $$1} END {print v}' boot/overlay/releases.txt)
# The kernel makes pointers from addresses and has frames of its own: checks
# against that are for ordinary programs.
ADDRESS := arch/amd64 arch/efi arch/mmio kernel/boot kernel/kerneltest kernel/trap kernel/chip/bcm2837 kernel/clock kernel/irq kernel/chip/lapic kernel/syscalls kernel/mem kernel/posix/device kernel/sched kernel/smp
RACE    := $(shell command -v gcc >/dev/null && echo -race $(ADDRESS:%=-gcflags=yolk/%=-d=checkptr=0))
# Those that have assertions (kernel/abi/assert), or are tested by whose tests find most.
ASSERTING := ./kernel/mem ./kernel/sched ./kernel/syscalls ./kernel/trap ./drivers/virtio ./drivers/virtio/net ./netdev ./netdev/netbuf ./netdev/pipe
VET     := $(GO) vet -unsafeptr=false -framepointer=false

.DEFAULT_GOAL := help
.PHONY: help setup yolk run test test-host test-machine test-soak test-go test-kvm test-kvm-smp coverage stress soak bench bench-http bench-tcp bench-fleet bench-net bench-9p bench-rpi3 bench-many steady check-rpi3 test-servers test-killed cost conformance conformance-modules fmt vet clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  %-20s%s\n", $$1, $$2}' Makefile

setup: ## install what is missing on this machine (QEMU), naming it
	@scripts/setup

yolk: $(YOLK) ## build the yolk command as out/yolk

# The go command knows better than make what has changed: it is always asked.
.PHONY: $(YOLK)
$(YOLK):
	@mkdir -p out
	$(GO) build -o $@ ./boot/yolk

run: setup $(YOLK) ## boot the web server apps/httpd; PORT, MEMORY and PLAT=rpi3 may be given
	@trap : INT; $(YOLK) run $(if $(PLAT),-plat $(PLAT),-memory $(MEMORY)) -p $(PORT):8080 ./apps/httpd || [ $$? = 130 ]

test: test-host test-machine test-soak ## all tests: on the host, in emulated machines, under KVM, under attack

# Vet has the flags of the tests, so that what it compiles serves them.
test-host: ## unit tests, with the race detector where a C compiler is
	$(VET) $(RACE) ./...
	$(GO) test -vet=off -timeout 20m $(RACE) ./...
	$(GO) test -vet=off -tags yolk_assert $(ASSERTING)
	for m in guest starlark wasm; do $(GO) -C apps/$$m vet . && $(GO) -C apps/$$m test -vet=off . || exit; done

coverage: ## what of each kernel package its tests on the host execute, at least 70 % of its statements
	@$(GO) test -cover ./kernel/... | awk -F '\t' '/^FAIL/ {print; bad = 1} \
		$$2 !~ /test$$/ && match($$0, /coverage: [0-9.]+%/) {part = substr($$0, RSTART + 10, RLENGTH - 11) + 0; \
			printf "%6.1f %%  %s\n", part, $$2; if (part < 70) bad = 1} END {exit bad}'

# Tests that measure run alone. Of the others two for each processor run at a time, because
# they wait as long as they compute.
test-machine: setup $(YOLK) ## end-to-end tests in QEMU, test-kvm among them, then a quick look at the standard library's own
	YOLK=$(abspath $(YOLK)) $(GO) test -v -count=1 -tags e2e -timeout 20m -parallel $$((2 * $$(nproc))) ./boot/e2e
	$(GO) run ./scripts/conformance -check -yolk $(YOLK)

test-soak: setup ## a minute under attack: a tenth of all attacks at the same time, on two machines
	$(GO) run ./scripts/soak -duration 50s -machines q35/64M/1,microvm/256M/2 -attacks mixed

test-go: ## the tests on the host and in emulated machines with another Go release, RELEASE
	GOTOOLCHAIN=$(RELEASE) $(MAKE) test-host test-machine

test-kvm: setup $(YOLK) ## images under KVM, in a guest whose processor is emulated with SVM; counts exits (make test has it too)
	$(GO) run ./scripts/kvm -yolk $(YOLK)

test-kvm-smp: setup $(YOLK) ## two, four and eight processors on two under KVM, beside Linux
	$(GO) run ./scripts/kvm -yolk $(YOLK) -newer -smp 2,4,8 -time 10s

stress: setup $(YOLK) ## keep each kind of machine busy for ten minutes, and look for damage
	YOLK=$(abspath $(YOLK)) $(GO) test -count=1 -tags e2e -timeout 2h -v -run TestStress ./boot/e2e -stress 10m

soak: setup ## attack a web server from all sides for DURATION, on machines of all sizes
	@mkdir -p out
	$(GO) run ./scripts/soak -duration $(DURATION) $(ATTACKS:%=-attacks %) -json out/soak.json -svg out/soak.svg

relay: setup $(YOLK) ## 100 MB both ways through each thing that networks do to packets (ten minutes)
	$(GO) test -count=1 -v -timeout 1h ./netdev/relay -relay 100000000
	YOLK=$(abspath $(YOLK)) $(GO) test -count=1 -tags e2e -timeout 2h -v -run TestRelay ./boot/e2e -relay 100000000

bench: setup ## image sizes, memory, boot times and requests per second
	@mkdir -p out
	$(GO) run ./scripts/bench -json out/bench.json -svg out/bench.svg

# A run that was broken off goes on where it was; QUICK=1 gives the whole table coarsely.
bench-http: setup ## requests per second for each size of answer, beside the same program and nginx on Linux (an hour; QUICK=1: seven minutes)
	@mkdir -p out
	$(GO) run ./scripts/bench -only web -machines q35 $(QUICK:%=-quick) -journal out/bench-http.jsonl -json out/bench-http.json -md out/bench-http.md -svg out/bench-http.svg

bench-tcp: setup ## what TCP carries both ways, also over long and bad networks, beside Linux (half an hour; QUICK=1: three minutes)
	@mkdir -p out
	$(GO) run ./scripts/bench -only tcp -machines q35 $(QUICK:%=-quick) -journal out/bench-tcp.jsonl -json out/bench-tcp.json -md out/bench-tcp.md -svg out/bench-tcp.svg

bench-fleet: setup ## a hundred machines of 16 MB, from cold and from a snapshot: starts a second and memory, beside a Linux guest and LightVM (five minutes)
	@mkdir -p out
	$(GO) run ./scripts/bench/fleet -journal out/fleet.jsonl -json out/fleet.json -svg out/fleet.svg

bench-net: setup ## packets: the driver's cost, instructions, packets per second beside Linux and DPDK
	$(GO) run ./scripts/benchnet

bench-9p: setup ## a folder of the host by 9p, beside a Linux guest: seven minutes
	$(GO) run ./scripts/bench9p

cost: setup $(YOLK) ## what each library adds to an image and to its start, into its README; the table of sizes (four minutes)
	$(GO) run ./scripts/cost -yolk $(YOLK)

bench-rpi3: setup $(YOLK) ## the Raspberry Pi's Ethernet in the emulator, beside Debian's Linux on the same model of its chip: five minutes
	$(GO) run ./scripts/rpi3 -yolk $(YOLK) -bytes 20000000

bench-many: setup ## many open connections, files and goroutines in one machine: time and memory, beside Linux (ten minutes)
	$(GO) run ./scripts/many

steady: setup $(YOLK) ## ten minutes of a loaded web server, of a machine whose clock counts instructions: the last as quick as the first, memory flat (some minutes)
	$(YOLK) run -net none -memory 64M -qemu -accel -qemu tcg,thread=single -qemu -icount -qemu shift=4,sleep=off ./scripts/steady

check-rpi3: setup $(YOLK) ## 100 MB each way through that model, by Yolk's driver and by Linux's: the nightly test of the model
	$(GO) run ./scripts/rpi3 -yolk $(YOLK) -check

test-servers: setup $(YOLK) ## servers as they are published, with the clients that people use (minutes)
	YOLK=$(abspath $(YOLK)) $(GO) -C scripts/servers test -count=1 -v -timeout 1h .

test-killed: setup $(YOLK) ## NATS and SQLite on a folder of the host, their emulators killed twenty times each
	YOLK=$(abspath $(YOLK)) $(GO) -C scripts/servers test -count=1 -v -timeout 2h -run TestKilled . -kills 20

conformance: setup $(YOLK) ## the standard library's own tests, on Linux and on all machines (hours)
	$(GO) run ./scripts/conformance -yolk $(YOLK)

fmt: ## format the sources
	$(GO) fmt ./...

vet: ## look for mistakes
	$(VET) ./...

clean: ## remove what was built, and Yolk's cache
	@[ ! -x $(YOLK) ] || $(YOLK) clean
	rm -rf out

conformance-modules: setup $(YOLK) ## the tests of other people's modules, on Linux and on Yolk, in virtual time (hours)
	$(GO) run ./scripts/conformance -modules -yolk $(YOLK)
