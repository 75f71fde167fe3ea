// Board prints what a Raspberry Pi knows of itself and blinks its ACT LED. It
// reads the files that Linux shows on that board, so it says the same under
// Raspberry Pi OS (as root); what a machine does not have it leaves out.
//
//	board [-blink 3] [-period 500ms]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A fact is a line of the report: the files where Linux has it, and how to read
// what is in them.
type fact struct {
	name  string
	files string // a pattern of package filepath; the first match counts
	read  func(content string) string
}

var facts = []fact{
	{"model", "/proc/device-tree/model", plain},
	{"serial number", "/proc/device-tree/serial-number", plain},
	{"memory", "/proc/meminfo", memory},
	{"MAC address", "/sys/class/net/eth*/address", plain},
	{"temperature", "/sys/class/thermal/thermal_zone0/temp", scaled(1000, "C")},
	{"clock", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", scaled(1000, "MHz")},
	{"highest clock", "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", scaled(1000, "MHz")},
}

func main() {
	blinks := flag.Int("blink", 3, "blink the ACT LED so `often`")
	period := flag.Duration("period", 500*time.Millisecond, "`time` from one blink to the next")
	flag.Parse()
	report()
	if err := blink(*blinks, *period); err != nil {
		fmt.Printf("%-14s %v\n", "LED", err)
	}
}

func report() {
	fmt.Printf("%-14s %d\n", "CPUs", runtime.NumCPU())
	for _, f := range facts {
		names, _ := filepath.Glob(f.files)
		for _, name := range names {
			if b, err := os.ReadFile(name); err == nil {
				fmt.Printf("%-14s %s\n", f.name, f.read(string(b)))
				break
			}
		}
	}
}

// plain reads a line, or a string of the device tree, which ends in a NUL.
func plain(s string) string { return strings.Trim(s, "\x00\n") }

// scaled reads a number and shows that part of it with a unit.
func scaled(by float64, unit string) func(string) string {
	return func(s string) string {
		v, err := strconv.ParseFloat(plain(s), 64)
		if err != nil {
			return plain(s)
		}
		return fmt.Sprintf("%.1f %s", v/by, unit)
	}
}

// memory finds the line "MemTotal: 970752 kB".
func memory(s string) string {
	for line := range strings.Lines(s) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemTotal:" {
			return scaled(1024, "MiB")(f[1])
		}
	}
	return "unknown"
}

// led is the ACT LED as kernels have called it, newest first.
var led = []string{"/sys/class/leds/ACT", "/sys/class/leds/led0"}

// blink lights the LED n times, each for half a period.
func blink(n int, period time.Duration) error {
	for _, dir := range led {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		// Without this Linux goes on showing the SD card's activity.
		if err := set(dir, "trigger", "none"); err != nil && !os.IsNotExist(err) {
			return err
		}
		for range n {
			for _, level := range []string{"1", "0"} {
				if err := set(dir, "brightness", level); err != nil {
					return err
				}
				time.Sleep(period / 2)
			}
		}
		fmt.Printf("%-14s blinked %d times\n", "LED", n)
		return nil
	}
	return nil
}

func set(dir, file, value string) error {
	return os.WriteFile(filepath.Join(dir, file), []byte(value), 0)
}
