import Storage
import SystemPackage

/// A ZIP archive with a checked directory; files are read on demand.
///
/// The check makes sure that every file lies within the archive, that none overlaps another, and
/// that both headers of a file agree.
final class ZipArchive {
  /// One file of the archive.
  struct Entry {
    let name: String
    /// The range of its bytes in the archive.
    let range: Range<Int>
    fileprivate let checksum: UInt32
  }

  private let file: FileReader
  private let places: [[UInt8]: Entry]
  /// The files in the order of the directory.
  let entries: [Entry]

  private static let chunkByteCount = 1 << 20

  /// Opens the archive at `path`.
  ///
  /// - Throws: `FileError`, or ``Damage`` if it breaks the format.
  init(_ path: FilePath) throws {
    file = try FileReader(path)
    do {
      let scan = ZipScan(file: file)
      let (records, dataEnd) = try scan.directory()
      var places: [[UInt8]: Entry] = [:]
      var entries: [Entry] = []
      for (record, range) in try scan.locate(records, dataEnd: dataEnd) {
        let entry = Entry(
          name: String(decoding: record.name, as: UTF8.self), range: range,
          checksum: record.checksum)
        guard places.updateValue(entry, forKey: record.name) == nil else {
          throw FormatViolation("its directory holds \(record.label) twice")
        }
        entries.append(entry)
      }
      self.places = places
      self.entries = entries
    } catch let violation as FormatViolation {
      throw Damage(path, reason: violation.reason)
    }
  }

  /// The path of the archive.
  var path: FilePath { file.path }
  /// The size of the archive.
  var byteCount: Int { file.byteCount }

  /// The file named `name`, if any.
  func entry(named name: String) -> Entry? { places[Array(name.utf8)] }

  /// All bytes of `entry`, checked by its checksum.
  func contents(of entry: Entry) throws -> [UInt8] {
    let bytes = try read(entry, 0..<entry.range.count)
    var checksum = CRC32()
    checksum.update(bytes)
    try check(checksum, of: entry)
    return bytes
  }

  /// Reads all of `entry` and checks its checksum.
  func verify(_ entry: Entry) throws {
    var checksum = CRC32()
    for start in stride(from: 0, to: entry.range.count, by: Self.chunkByteCount) {
      let chunk = try read(entry, start..<min(start + Self.chunkByteCount, entry.range.count))
      checksum.update(chunk)
    }
    try check(checksum, of: entry)
  }

  /// The bytes `range` of `entry`.
  ///
  /// - Precondition: the range lies within the entry.
  func read(_ entry: Entry, _ range: Range<Int>) throws -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= entry.range.count)
    let start = entry.range.lowerBound
    return try file.read(start + range.lowerBound..<start + range.upperBound)
  }

  private func check(_ checksum: CRC32, of entry: Entry) throws {
    guard checksum.value == entry.checksum else {
      throw Damage(path, reason: "its file '\(entry.name)' fails its checksum")
    }
  }
}

/// Finds the files of an archive, starting from its end.
private struct ZipScan {
  let file: FileReader

  /// The entries of the directory and its offset, before which all files end.
  func directory() throws -> (records: [ZipRecord], start: Int) {
    let byteCount = file.byteCount
    guard byteCount >= ZipFormat.endByteCount else {
      throw FormatViolation("it has \(byteCount.counting("byte")) and is no ZIP archive")
    }
    let endStart = byteCount - ZipFormat.endByteCount
    let end = try fields(ZipFormat.endByteCount, at: endStart)
    guard end.starts(with: .end) else {
      throw FormatViolation("it does not end as a ZIP archive does; it was cut or extended")
    }
    guard end.short(4) == 0, end.short(6) == 0 else {
      throw FormatViolation("it is one part of an archive in several files")
    }
    var (count, size, start) = (end.short(10), end.word(12), end.word(16))
    var directoryEnd = endStart
    if let wide = try wideEnd(before: endStart) {
      let narrow = (count, size, start)
      (count, size, start) = (
        try wide.fields.long(32), try wide.fields.long(40), try wide.fields.long(48)
      )
      directoryEnd = wide.start
      guard narrow.0 == count || narrow.0 == ZipFormat.wide16,
        narrow.1 == size || narrow.1 == ZipFormat.wide32,
        narrow.2 == start || narrow.2 == ZipFormat.wide32
      else {
        throw FormatViolation("its two descriptions of its directory differ")
      }
    }
    guard size <= directoryEnd, start == directoryEnd - size else {
      throw FormatViolation(
        "its directory of \(size.counting("byte")) at byte \(start) does not end at "
          + "\(directoryEnd)")
    }
    let bytes = try file.read(start..<start + size)
    return (try ZipRecord.directory(bytes, count: count), start)
  }

  /// The 64-bit description of the directory before the end record at `endStart`, if any.
  private func wideEnd(before endStart: Int) throws -> (fields: ZipFields, start: Int)? {
    let locatorStart = endStart - ZipFormat.wideLocatorByteCount
    guard locatorStart >= 0 else { return nil }
    let locator = try fields(ZipFormat.wideLocatorByteCount, at: locatorStart)
    guard locator.starts(with: .wideLocator) else { return nil }
    let start = try locator.long(8)
    guard locatorStart >= ZipFormat.wideEndByteCount,
      start == locatorStart - ZipFormat.wideEndByteCount
    else {
      throw FormatViolation("its 64-bit directory record lies at byte \(start)")
    }
    let fields = try fields(ZipFormat.wideEndByteCount, at: start)
    guard fields.starts(with: .wideEnd) else {
      throw FormatViolation("its 64-bit directory record is missing at byte \(start)")
    }
    return (fields, start)
  }

  /// The range of every record's file; all end before `dataEnd`.
  func locate(
    _ records: [ZipRecord], dataEnd: Int
  ) throws -> [(record: ZipRecord, range: Range<Int>)] {
    let located = try records.map { record in
      try check(record)
      return (record: record, range: try range(of: record, dataEnd: dataEnd))
    }
    var end = 0
    for (record, range) in located.sorted(by: { $0.record.headerOffset < $1.record.headerOffset }) {
      guard record.headerOffset >= end else {
        throw FormatViolation("its file \(record.label) overlaps another")
      }
      end = range.upperBound
    }
    return located
  }

  private func check(_ record: ZipRecord) throws(FormatViolation) {
    guard record.flags & ZipFormat.encrypted == 0 else {
      throw FormatViolation("its file \(record.label) is encrypted")
    }
    guard record.method == 0, record.compressedByteCount == record.byteCount else {
      throw FormatViolation("its file \(record.label) is compressed, which PyTorch never does")
    }
    guard String(validating: record.name, as: UTF8.self) != nil else {
      throw FormatViolation("a file's name in it is not UTF-8")
    }
  }

  private func range(of record: ZipRecord, dataEnd: Int) throws -> Range<Int> {
    let headerEnd = record.headerOffset.addingReportingOverflow(ZipFormat.localHeaderByteCount)
    guard !headerEnd.overflow, headerEnd.partialValue <= dataEnd else {
      throw FormatViolation(
        "its file \(record.label) lies at byte \(record.headerOffset) of \(dataEnd)")
    }
    let header = try fields(ZipFormat.localHeaderByteCount, at: record.headerOffset)
    let (nameCount, extraCount) = (header.short(26), header.short(28))
    let start = headerEnd.partialValue + nameCount + extraCount
    guard header.starts(with: .localHeader), start <= dataEnd,
      record.byteCount <= dataEnd - start
    else {
      throw FormatViolation(
        "its file \(record.label) of \(record.byteCount.counting("byte")) is "
          + "cut off")
    }
    let tail = try file.read(headerEnd.partialValue..<start)
    guard try agrees(header, Array(tail[..<nameCount]), Array(tail[nameCount...]), with: record)
    else {
      throw FormatViolation("the two headers of its file \(record.label) differ")
    }
    return start..<start + record.byteCount
  }

  private func agrees(
    _ header: ZipFields, _ name: [UInt8], _ extra: [UInt8], with record: ZipRecord
  ) throws(FormatViolation) -> Bool {
    guard name == record.name, header.short(6) == record.flags, header.short(8) == record.method
    else { return false }
    if record.flags & ZipFormat.sizesFollow != 0 { return true }
    let sizes = try ZipRecord.widened([header.word(22), header.word(18)], extra: extra)
    return sizes == [record.byteCount, record.compressedByteCount]
      && UInt32(truncatingIfNeeded: header.word(14)) == record.checksum
  }

  private func fields(_ count: Int, at offset: Int) throws -> ZipFields {
    ZipFields(bytes: try file.read(offset..<offset + count), start: 0)
  }
}
