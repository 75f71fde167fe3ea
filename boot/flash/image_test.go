package flash

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/fat32"
	"github.com/diskfs/go-diskfs/partition/mbr"
)

// image writes an image file.
func image(t *testing.T, size int64, files []File) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "card.img"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := WriteImage(f, size, files); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// sizes are those of images: one for each size of clusters that matters, and
// what is on both sides of where the library changes over.
var sizes = []int64{MinSize, 64 << 20, 264 << 20, 265 << 20, 3 << 30}

func TestImage(t *testing.T) {
	files := good(t, ConsolePL011)
	for _, size := range sizes {
		name := image(t, size, files)
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b := file.New(f, true)
		table, err := mbr.Read(b, sector, sector)
		if err != nil {
			t.Fatal(err)
		}
		p := table.Partitions[0]
		if p.Type != mbr.Fat32LBA || p.GetStart() != partitionStart || p.GetStart()+p.GetSize() != size {
			t.Errorf("%d MiB: partition %+v", size>>20, p)
		}
		fs, err := fat32.Read(b, p.GetSize(), p.GetStart(), sector)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range files {
			r, err := fs.OpenFile("/"+want.Name, os.O_RDONLY)
			if err != nil {
				t.Errorf("%s: %v", want.Name, err)
				continue
			}
			// At once: the library's reader goes beyond the end in smaller steps.
			got := make([]byte, len(want.Data)+1)
			if n, err := r.Read(got); err != io.EOF || !bytes.Equal(got[:n], want.Data) {
				t.Errorf("%s: %d bytes, %v; want %d", want.Name, n, err, len(want.Data))
			}
		}
		st, err := f.Stat()
		if err != nil || st.Size() != size {
			t.Errorf("the file has %d bytes, want %d", st.Size(), size)
		}
	}
}

// TestImageAgain makes the same image twice.
func TestImageAgain(t *testing.T) {
	files := good(t, ConsolePL011)
	a, err1 := os.ReadFile(image(t, MinSize, files))
	b, err2 := os.ReadFile(image(t, MinSize, files))
	if err1 != nil || err2 != nil || !bytes.Equal(a, b) {
		t.Error("the same files give different images", err1, err2)
	}
	if _, set := os.LookupEnv(epochName); set {
		t.Error("the environment has been changed")
	}
}

// partition copies what is in the image's partition to a file of its own, which has
// holes where the image has them.
func partition(t *testing.T, image string, size int64) string {
	t.Helper()
	from, err := os.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.Create(image + "1")
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	block, zero := make([]byte, 1<<20), make([]byte, 1<<20)
	for at := int64(partitionStart); at < size; at += int64(len(block)) {
		n, err := from.ReadAt(block, at)
		if err != nil && err != io.EOF {
			t.Fatal(err)
		}
		if bytes.Equal(block[:n], zero[:n]) {
			continue
		}
		if _, err := to.WriteAt(block[:n], at-partitionStart); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Truncate(size - partitionStart); err != nil {
		t.Fatal(err)
	}
	return to.Name()
}

// TestImageByOthers has the tools of other authors read images: dosfstools must
// find nothing to mend, mtools the same files.
func TestImageByOthers(t *testing.T) {
	fsck, err1 := exec.LookPath("fsck.fat")
	mtype, err2 := exec.LookPath("mtype")
	if err1 != nil && err2 != nil {
		t.Skip("neither dosfstools nor mtools are installed")
	}
	files := append(good(t, ConsolePL011), File{Name: "EFI/BOOT/BOOTX64.EFI", Data: []byte("two folders deep")})
	for _, size := range sizes[:4] {
		name := partition(t, image(t, size, files), size)
		if err1 == nil {
			out, err := exec.Command(fsck, "-n", "-v", name).CombinedOutput()
			if err != nil || strings.Contains(string(out), "Fixing") || strings.Contains(string(out), "Truncating") {
				t.Errorf("%d MiB: fsck.fat: %v\n%s", size>>20, err, out)
			}
		}
		if err2 != nil {
			continue
		}
		for _, f := range files {
			out, err := exec.Command(mtype, "-i", name, "::"+f.Name).Output()
			if err != nil || !bytes.Equal(out, f.Data) {
				t.Errorf("%d MiB: mtools read %d bytes of %s, want %d: %v", size>>20, len(out), f.Name, len(f.Data), err)
			}
		}
	}
}

func TestImageSize(t *testing.T) {
	large := []File{{kernelName, make([]byte, MinSize-partitionStart-1<<19)}}
	for _, c := range []struct {
		size  int64
		files []File
		ok    bool
	}{
		{0, nil, false}, {MinSize - 1<<20, nil, false}, {MinSize + 1, nil, false}, {MaxSize + 1<<20, nil, false},
		{MinSize, large, false}, {MinSize + 2<<20, large, true},
	} {
		f, err := os.Create(filepath.Join(t.TempDir(), "card.img"))
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteImage(f, c.size, c.files); c.ok && err != nil || !c.ok && !errors.Is(err, ErrSize) {
			t.Errorf("%d bytes: %v", c.size, err)
		}
		f.Close()
	}
}
