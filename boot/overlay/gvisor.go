package overlay

import (
	"slices"
	"strings"
)

// gvisor mends the stack (see gvisorFixes and gvisorMemory), and leaves out what it links, but an
// image cannot reach. The sizes are those of an image of apps/httpd.
//
// The files that stateify generates register each type of the stack for
// checkpoints, which keeps all of them and their fields' types in a program:
// 460 KB of an image that never saves one.
var gvisor = &Module{Path: "gvisor.dev/gvisor", dropBelow: "pkg", dropSuffix: "_state_autogen.go", fixes: slices.Concat(gvisorFixes, gvisorLoss, gvisorMemory, gvisorCost), added: []addition{
	{"pkg/tcpip/transport/tcp/endpoint_yolk.go", endpointText},
	{"pkg/tcpip/transport/tcp/again_yolk.go", againText},
	{"pkg/tcpip/transport/tcp/cookie_yolk.go", cookieText},
	{"pkg/tcpip/transport/tcp/acknowledge_yolk.go", acknowledgeText},
	{"pkg/tcpip/transport/tcp/deferral_yolk.go", deferralText},
	{"pkg/tcpip/transport/tcp/recovery_yolk.go", recoveryText},
	{"pkg/tcpip/transport/tcp/dsack_yolk.go", dsackText},
	{"pkg/tcpip/transport/tcp/hystart_yolk.go", hystartText},
	{"pkg/tcpip/monotonic_yolk.go", monotonicText},
	{"pkg/sync/pool_yolk.go", poolText},
	{"pkg/tcpip/transport/tcp/expected_yolk.go", expectedText},
	{"pkg/tcpip/transport/tcp/predicted_yolk.go", predictedText},
	{"pkg/tcpip/nanotime_yolk.go", nanotimeText},
	{"pkg/tcpip/timers_yolk.go", timersText},
	{"pkg/tcpip/shrunk_yolk.go", shrunkText},
	{"pkg/tcpip/transport/tcp/instant_yolk.go", instantText},
	{"pkg/buffer/contiguous_yolk.go", contiguousText},
	{"pkg/buffer/fill_yolk.go", fillText},
	{"pkg/tcpip/stack/headerslice_yolk.go", headerSliceText},
	{"pkg/tcpip/stack/burst_yolk.go", burstText},
	{"pkg/tcpip/stack/flow_yolk.go", flowText},
	{"pkg/tcpip/network/ipv4/flow_yolk.go", ipv4FlowText},
	{"pkg/tcpip/stack/flowsend_yolk.go", flowSendText},
	{"pkg/tcpip/network/ipv4/flows_yolk.go", ipFlowText},
	{"pkg/tcpip/network/ipv6/flow_yolk.go", ipv6FlowText},
	{"pkg/tcpip/network/ipv6/flows_yolk.go", strings.Replace(ipFlowText, "package ipv4", "package ipv6", 1)},
	{"pkg/tcpip/transport/tcp/short_yolk.go", shortText},
	{"pkg/tcpip/transport/tcp/inline_yolk.go", inlineText},
}, edits: []edit{
	// A regular expression, compiled at start to shorten traces: 205 KB.
	{"pkg/log/log.go", "\t\"regexp\"\n", "", 1},
	{"pkg/log/log.go", "// stackRegexp matches one level within a stack trace.\nvar stackRegexp = regexp.MustCompile(`(?m)^\\S+\\(.*\\)$\\r?\\n^\\t\\S+:\\d+.*$\\r?\\n`)\n", "", 1},
	{"pkg/log/log.go", `	replaceNext := excludeTopN + 1
	return stackRegexp.ReplaceAllFunc(Stacks(false), func(s []byte) []byte {
		if replaceNext > 0 {
			replaceNext--
			return nil
		}
		return s
	})
`, "\treturn Stacks(false)\n", 1},

	// Packet filter and address translation, which nothing configures: 127 KB.
	{stackFile, "\t\t\topts.DefaultIPTables = DefaultTables\n",
		"\t\t\topts.DefaultIPTables = func(tcpip.Clock, *rand.Rand) *IPTables { return &IPTables{} }\n", 1},
	pass("CheckPrerouting(pkt *PacketBuffer, addressEP AddressableEndpoint, inNicName string) bool"),
	pass("CheckInput(pkt *PacketBuffer, inNicName string) bool"),
	pass("CheckForward(pkt *PacketBuffer, inNicName, outNicName string) bool"),
	pass("CheckOutput(pkt *PacketBuffer, r *Route, outNicName string) bool"),
	pass("CheckPostrouting(pkt *PacketBuffer, r *Route, addressEP AddressableEndpoint, outNicName string) bool"),
	{tablesFile, "\tif !it.modified {\n\t\treturn tcpip.Address{}, 0, &tcpip.ErrNotConnected{}\n",
		"\tif true {\n\t\treturn tcpip.Address{}, 0, &tcpip.ErrNotConnected{}\n", 1},

	// Forwarding between interfaces, unicast and multicast, which nothing
	// switches on: 70 KB.
	{"pkg/tcpip/network/ipv4/ipv4.go", "\treturn e.forwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
	{"pkg/tcpip/network/ipv4/ipv4.go", "\treturn e.multicastForwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
	{"pkg/tcpip/network/ipv6/ipv6.go", "\treturn e.forwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
	{"pkg/tcpip/network/ipv6/ipv6.go", "\treturn e.multicastForwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
}}

const (
	stackFile  = "pkg/tcpip/stack/stack.go"
	tablesFile = "pkg/tcpip/stack/iptables.go"
)

// pass makes a hook of the packet filter answer at once what it answers while
// nothing has configured the filter. The compiler drops what follows.
func pass(method string) edit {
	head := "func (it *IPTables) " + method + " {\n"
	return edit{tablesFile, head, head + "\treturn true\n", 1}
}
