package main

import (
	"regexp"
	"strings"
)

// Reasons why a test that passes on Linux cannot pass on a machine with one
// program and no operating system.
const (
	needsProcess     = "starts another process"
	needsToolchain   = "needs the Go toolchain at run time"
	needsUsers       = "changes the user of threads and reads /proc/self/task; there is one user"
	needsRuntimePipe = "opens a pipe with the runtime's own call, and files are no part of the kernel that serves those"
	countsAll        = "counts the allocations of the whole program, of which the network stack is a part here"
	emulatorOrder    = "QEMU up to 7.2 on x86 does not order an arm64 atomic store before the next atomic load with several processors; with thread=single it passes"
	needsOwnFile     = "reads the file the program was started from, of which the machine has only the name"
)

// complaints recognise a reason from what a failing test said.
var complaints = []struct {
	said *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`fork/exec \S*/bin/go:|exec: "go": `), needsToolchain},
	{regexp.MustCompile(`fork/exec|exec: "|executable file not found`), needsProcess},
}

// decisions recognise why a test skipped itself.
var decisions = []struct {
	said *regexp.Regexp
	why  string
}{
	{regexp.MustCompile(`go build|go run|go command|go tool|: "go": `), needsToolchain},
	{regexp.MustCompile(`no cgo`), "needs cgo"},
	{regexp.MustCompile(`fork/exec`), needsProcess},
	{regexp.MustCompile(`1 processor|NumCPU >= 2|insufficient CPUs`), "needs a second processor"},
	{regexp.MustCompile(`AVX512`), "needs AVX-512, which the emulated processor does not have"},
	{regexp.MustCompile(`executable file not found|not found in path|zstd not found|cannot find nohup|hostname but`), "starts a program of a Linux system"},
}

// general returns the known reason that a test's own words stand for, or the
// words.
func general(why string) string {
	for _, d := range decisions {
		if d.said.MatchString(why) {
			return d.why
		}
	}
	return why
}

// named gives the reason for a test whose complaint does not tell, under
// "package.Test".
var named = map[string]string{
	"github.com/shirou/gopsutil/v4/mem.TestVirtualMemory":                "wants more memory to be available than is free; nothing here is a cache that could be dropped",
	"github.com/cockroachdb/pebble/vfs.TestLock":                         needsProcess,
	"golang.org/x/sys/unix.TestPassFD":                                   needsProcess,
	"golang.org/x/sys/unix.TestPidfd":                                    needsProcess,
	"crypto/internal/fips140test.TestCASTFailures":                       needsProcess,
	"crypto/internal/fips140test.TestCASTPasses":                         needsProcess,
	"crypto/internal/fips140test.TestIntegrityCheckFailure":              needsProcess,
	"debug/elf.TestNoSectionOverlaps":                                    needsOwnFile,
	"debug/gosym.TestLineAline":                                          needsOwnFile,
	"debug/gosym.TestLineFromAline":                                      needsOwnFile,
	"debug/gosym.TestSymVersion":                                         needsOwnFile,
	"flag.TestExitCode":                                                  needsProcess,
	"internal/synctest.TestChannelMovedOutOfBubble":                      needsProcess,
	"internal/synctest.TestTimerFromInsideBubble":                        needsProcess,
	"internal/synctest.TestWaitGroupMovedBetweenBubblesWithNonZeroCount": needsProcess,
	"internal/synctest.TestWaitGroupMovedIntoBubble":                     needsProcess,
	"internal/synctest.TestWaitGroupMovedOutOfBubble":                    needsProcess,
	"net/http/httptest.TestServerPanicFailsTest":                         needsProcess,
	"net.TestTCPReadWriteAllocs":                                         countsAll,
	"net.TestAllocs":                                                     countsAll,
	"os.TestPidfdLeak":                                                   needsProcess,
	"os/exec.TestExitCode":                                               needsProcess,
	"os/exec.TestOutputStderrCapture":                                    needsProcess,
	"sync/atomic.TestStoreLoadSeqCst32":                                  emulatorOrder,
	"sync/atomic.TestStoreLoadSeqCst64":                                  emulatorOrder,
	"sync.TestIssue76126":                                                needsProcess,
	"syscall.TestForeground":                                             needsProcess,
	"syscall.TestForegroundSignal":                                       needsProcess,
	"syscall.TestSetuidEtc":                                              needsUsers,
	"testing.TestMorePanic":                                              needsProcess,
	"testing.TestPanic":                                                  needsProcess,
	"testing.TestTBHelper":                                               needsProcess,
	"testing.TestTBHelperParallel":                                       needsProcess,
	"testing/synctest.TestError":                                         needsProcess,
	"testing/synctest.TestFatal":                                         needsProcess,
	"testing/synctest.TestHelper":                                        needsProcess,
	"testing/synctest.TestSkip":                                          needsProcess,
	"testing/synctest.TestVerboseError":                                  needsProcess,
	"testing/synctest.TestVerboseSkip":                                   needsProcess,
	"runtime.TestIssue66841":                                             needsProcess,
	"runtime.TestRuntimePanic":                                           needsProcess,
	"runtime.TestTracebackRuntimeFunction":                               needsProcess,
	"runtime.TestTracebackRuntimeMethod":                                 needsProcess,
	"runtime.TestTracebackSystem":                                        needsProcess,
	"runtime.TestNonblockingPipe":                                        needsRuntimePipe,
	"runtime.TestSignalM":                                                needsRuntimePipe,
	"runtime/debug.TestWriteHeapDumpNonempty":                            "the runtime writes the dump to a descriptor while the world is stopped, when files cannot be served",
}

// fatal are tests that end the whole run when they fail; they are left out on
// Yolk.
var fatal = map[string]map[string]string{
	"syscall":  {"TestPrlimitOtherProcess": needsProcess},
	"go/types": {"ExampleScope": needsToolchain, "ExampleMethodSet": needsToolchain},
}

// complaint returns the reason that a line of output tells, or "".
func complaint(line string) string {
	for _, c := range complaints {
		if c.said.MatchString(line) {
			return c.why
		}
	}
	return ""
}

// reason returns why a test had to have the outcome t on Yolk, or "".
func reason(row, name string, t test) string {
	path, _, _ := strings.Cut(row, partMark)
	if why := fatal[path][name]; why != "" && t.Status == "" {
		return why
	}
	if why, ok := named[path+"."+name]; ok {
		return why
	}
	if t.Status == failed {
		return complaint(t.Why)
	}
	return ""
}
