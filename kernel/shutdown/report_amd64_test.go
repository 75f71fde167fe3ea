package shutdown_test

import (
	"regexp"
	"strings"
	"testing"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/kerneltest"
	"yolk/kernel/mem"
	"yolk/kernel/shutdown"
)

// TestReport: a machine that fails says what its threads and its memory are, if it shall,
// whoever holds the locks.
func TestReport(t *testing.T) {
	kerneltest.Enter(t)
	at, ok := mem.Map(0, 3*mem.PageSize, mem.ProtRead|mem.ProtWrite, false)
	if !ok {
		t.Fatal("no memory")
	}
	defer mem.Unmap(at, 3*mem.PageSize)
	for status, wanted := range map[uint8]bool{0: true, 1: false, 2: true} {
		shutdown.Report = wanted
		amd64test.Take()
		amd64test.Ends(func() { shutdown.Exit(status) })
		said := kerneltest.Serial(amd64test.Take(amd64test.Out))
		for _, want := range []string{
			`yolk: thread \d+ running, processor 0, ran \d+ ms, at 0x[0-9a-f]+, stack 0x[0-9a-f]+\r\n`,
			`yolk: memory: \d+ KiB of \d+ KiB in use, \d+ KiB at most, \d+ KiB free in one piece\r\n`,
			`yolk: region 0x[0-9a-f]+ to 0x[0-9a-f]+ rw-\r\n`,
		} {
			if there := regexp.MustCompile(want).MatchString(said); there != (status == 2) {
				t.Errorf("status %d, wanted %v: %v for %s in\n%s", status, wanted, there, want, strings.ReplaceAll(said, "\r", ""))
			}
		}
	}
	shutdown.Report = false
}
