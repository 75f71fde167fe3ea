package overlay

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// GvisorModule is the module that Gvisor edits.
const GvisorModule = "gvisor.dev/gvisor"

// ErrGvisor says that gVisor's source is not what the edits were written for.
var ErrGvisor = errors.New("unknown gVisor version")

// savingSuffix ends the names of the files that stateify generates. They
// register each type of the stack for checkpoints, which keeps all of them and
// their fields' types in a program: 460 KB of an image that never saves one.
const savingSuffix = "_state_autogen.go"

// gvisorEdits leave out what the stack links, but an image cannot reach. The
// sizes are those of an image of apps/httpd.
var gvisorEdits = []edit{
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

	{stackFile, "\treturn s.nftablesConfigured.Load()\n", "\treturn false\n", 1},

	// Forwarding between interfaces, unicast and multicast, which nothing
	// switches on: 70 KB.
	{"pkg/tcpip/network/ipv4/ipv4.go", "\treturn e.forwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
	{"pkg/tcpip/network/ipv4/ipv4.go", "\treturn e.multicastForwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
	{"pkg/tcpip/network/ipv6/ipv6.go", "\treturn e.forwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},
	{"pkg/tcpip/network/ipv6/ipv6.go", "\treturn e.multicastForwarding.Load() == forwardingEnabled\n", "\treturn false\n", 1},

	// A generic sort, for which package net has one that is not: 20 KB.
	{fragmentsFile, "\t\"cmp\"\n\t\"math\"\n\t\"slices\"\n", "\t\"math\"\n\t\"sort\"\n", 1},
	{fragmentsFile, "\tslices.SortFunc(r.holes, func(a, b hole) int {\n\t\treturn cmp.Compare(a.first, b.first)\n",
		"\tsort.Slice(r.holes, func(i, j int) bool {\n\t\treturn r.holes[i].first < r.holes[j].first\n", 1},

	// A seed read by reflection: 20 KB.
	{stackFile, "\t\tvar v int64\n\t\tif err := binary.Read(opts.SecureRNG, binary.LittleEndian, &v); err != nil {\n",
		"\t\tvar b [8]byte\n\t\tif _, err := io.ReadFull(opts.SecureRNG, b[:]); err != nil {\n", 1},
	{stackFile, "rand.NewSource(v)", "rand.NewSource(int64(binary.LittleEndian.Uint64(b[:])))", 1},
}

const (
	stackFile  = "pkg/tcpip/stack/stack.go"
	tablesFile = "pkg/tcpip/stack/iptables.go"

	fragmentsFile = "pkg/tcpip/network/internal/fragmentation/reassembler.go"
)

// pass makes a hook of the packet filter answer at once what it answers while
// nothing has configured the filter. The compiler drops what follows.
func pass(method string) edit {
	head := "func (it *IPTables) " + method + " {\n"
	return edit{tablesFile, head, head + "\treturn true\n", 1}
}

// Gvisor writes the changed files of the gVisor module in root below cache and
// returns the replacements, of which some remove a file. They are for programs
// that reach gVisor through the kernel alone: the packages keep their
// behaviour there, but not their whole API. root must lie outside the module
// cache, where the go command refuses overlays. The error wraps ErrGvisor when
// the source is not the known one.
func Gvisor(root, cache string) (Replace, error) {
	files := map[string]string{}
	for _, e := range gvisorEdits {
		if _, ok := files[e.file]; !ok {
			text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(e.file)))
			if err != nil {
				return nil, fmt.Errorf("%w: %w", ErrGvisor, err)
			}
			files[e.file] = string(text)
		}
		if n := strings.Count(files[e.file], e.old); n != e.count {
			return nil, fmt.Errorf("%w: %s contains %q %d times, not %d", ErrGvisor, e.file, e.old, n, e.count)
		}
		files[e.file] = strings.ReplaceAll(files[e.file], e.old, e.new)
	}
	dir := filepath.Join(cache, "overlay", "gvisor-"+hash(files))
	r := Replace{}
	for name := range files {
		r[filepath.Join(root, filepath.FromSlash(name))] = filepath.Join(dir, flat(name))
	}
	if err := r.removeSaving(filepath.Join(root, "pkg")); err != nil {
		return nil, err
	}
	if _, err := os.Stat(dir); err == nil {
		return r, nil
	}
	return r, install(dir, files)
}

// removeSaving adds the removal of every file below dir that stateify made.
func (r Replace) removeSaving(dir string) error {
	return filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(name, savingSuffix) {
			r[name] = ""
		}
		return err
	})
}
