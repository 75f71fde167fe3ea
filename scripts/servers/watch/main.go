// Watch reads the machine with the libraries that Go programs watch themselves with, and
// prints what each answers: "NAME: VALUE", or "NAME: error ..." where it says why not.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/procfs"
	"github.com/prometheus/procfs/sysfs"
	"go.uber.org/automaxprocs/maxprocs"
)

func main() {
	if fs, err := procfs.NewDefaultFS(); err != nil {
		say("procfs", err)
	} else {
		methods("procfs", fs)
		if self, err := fs.Self(); err == nil { // else it was said
			methods("procfs.process", self)
		}
		interrupts, err := readInterrupts()
		say("procfs.interrupts", interrupts, err)
	}
	if fs, err := sysfs.NewDefaultFS(); err != nil {
		say("sysfs", err)
	} else {
		methods("sysfs", fs)
		cpus, _ := fs.CPUs()
		for _, c := range cpus {
			t, err := c.Topology()
			say("sysfs.CPU"+c.Number(), t, err)
		}
	}
	watchGopsutil()
	_, err := maxprocs.Set()
	say("maxprocs", runtime.GOMAXPROCS(0), err)
	limit, err := memlimit.FromCgroup()
	say("memlimit.FromCgroup", limit, err)
	limit, err = memlimit.FromSystem()
	say("memlimit.FromSystem", limit, err)
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), collectors.NewGoCollector())
	families, err := r.Gather()
	say("collectors", len(families), err)
	for _, f := range families {
		say("collectors."+f.GetName(), f.GetMetric(), nil)
	}
}

// readInterrupts has procfs read /proc/interrupts, which it looks for in a process' folder,
// where Linux has none.
func readInterrupts() (procfs.Interrupts, error) {
	dir, err := os.MkdirTemp("", "proc")
	if err != nil {
		return nil, err
	}
	if err := os.Symlink("/proc", filepath.Join(dir, "1")); err != nil {
		return nil, err
	}
	fs, err := procfs.NewFS(dir)
	if err != nil {
		return nil, err
	}
	p, err := fs.Proc(1)
	if err != nil {
		return nil, err
	}
	return p.Interrupts()
}

// most is how much is shown of a value, in bytes.
const most = 2000

// say prints what a call returned, whose last result is its error.
func say(name string, results ...any) {
	last := len(results) - 1
	if err, _ := results[last].(error); err != nil {
		fmt.Printf("%s: error %v\n", name, err)
		return
	}
	text := ""
	for _, r := range results[:last] {
		if v := reflect.ValueOf(r); v.Kind() == reflect.Pointer && !v.IsNil() {
			text += fmt.Sprintf("%+v ", v.Elem())
		} else {
			text += fmt.Sprintf("%+v ", r)
		}
	}
	fmt.Printf("%s: %.*s\n", name, most, text)
}

// methods calls each method of v that takes nothing and returns something and an error.
func methods(of string, v any) {
	for m, value := range reflect.ValueOf(v).Methods() {
		t := value.Type()
		if t.NumIn() != 0 || t.NumOut() < 2 || t.Out(t.NumOut()-1) != reflect.TypeFor[error]() {
			continue
		}
		var results []any
		for _, r := range value.Call(nil) {
			results = append(results, r.Interface())
		}
		say(of+"."+m.Name, results...)
	}
}
