import SystemPackage

/// A file that is no text, by its first bytes or, in an archive of an office program, by its name.
public struct ForeignContent: Equatable, Sendable, CustomStringConvertible {
  /// What it is, with an article.
  public let description: String

  private static let signatures: [(bytes: [UInt8], description: String)] = [
    ("%PDF-", "a PDF document"), ("{\\rtf", "a rich text document"),
    ("BZh91AY&SY", "compressed by bzip2"), ("\u{FD}7zXZ\0", "compressed by xz"),
    ("\u{4}\u{22}\u{4D}\u{18}", "compressed by lz4"), ("7z\u{BC}\u{AF}", "a 7z archive"),
    ("Rar!\u{1A}", "a RAR archive"), ("SQLite format 3\0", "an SQLite database"),
    ("PAR1\u{15}", "a Parquet table"), ("ARROW1\0", "an Arrow table"),
    ("\u{93}NUMPY", "a NumPy array"), ("\u{89}HDF", "an HDF5 file"), ("\u{80}\u{2}", "a pickle"),
    ("GIF87a", "a GIF image"), ("GIF89a", "a GIF image"), ("\u{89}PNG", "a PNG image"),
    ("\u{FF}\u{D8}\u{FF}", "a JPEG image"), ("OggS\0", "Ogg sound"), ("ID3\u{3}", "MP3 sound"),
    ("ID3\u{4}", "MP3 sound"), ("\u{7F}ELF", "a program"), ("!<arch>\n", "a library"),
    ("\u{D0}\u{CF}\u{11}\u{E0}", "a document of an earlier Microsoft Office"),
  ].map { ($0.unicodeScalars.map { UInt8($0.value) }, $1) }
  private static let zip = Array("PK\u{3}\u{4}".utf8)
  private static let archives = [
    "docx": "a Word document", "odt": "an OpenDocument text", "epub": "an EPUB book",
    "xlsx": "an Excel table", "pptx": "a PowerPoint presentation", "ods": "an OpenDocument table",
    "pt": "a PyTorch checkpoint", "pth": "a PyTorch checkpoint", "npz": "NumPy arrays",
  ]

  /// What the file at `path` is, which begins with `bytes`; `nil` if it may be text.
  init?(_ bytes: ArraySlice<UInt8>, of path: FilePath) {
    if bytes.starts(with: Self.zip) {
      let name = (path.extension?.lowercased()).flatMap { Self.archives[$0] }
      description = name ?? "a ZIP archive"
    } else if let found = Self.signatures.first(where: { bytes.starts(with: $0.bytes) }) {
      description = found.description
    } else {
      return nil
    }
  }

  /// What to do with it, as a clause.
  var remedy: String {
    if description.hasPrefix("compressed") { return "expand it" }
    if description.hasSuffix("archive") { return "take the texts out of it" }
    return "save its text as a .txt file"
  }
}
