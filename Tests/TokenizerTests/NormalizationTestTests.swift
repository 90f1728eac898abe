import Glibc
import Storage
import SystemPackage
import Testing
import Tokenizer

/// ICU against the Unicode Consortium's `NormalizationTest.txt`, a part of which is a fixture.
///
/// The whole file is tested where the environment variable `NORMALIZATION_TEST` names it.
@Suite struct NormalizationTestTests {
  /// The columns of a line, and by columns the forms of each (the conformance clause of the file).
  private static let invariants: [(form: NormalizationForm, column: Int, sources: [Int])] = [
    (.nfc, 1, [0, 1, 2]), (.nfc, 3, [3, 4]), (.nfd, 2, [0, 1, 2]), (.nfd, 4, [3, 4]),
    (.nfkc, 3, [0, 1, 2, 3, 4]), (.nfkd, 4, [0, 1, 2, 3, 4]),
  ]

  private struct Line {
    let number: Int
    let columns: [[UInt8]]
  }

  private func lines() throws -> (lines: [Line], listed: Set<UInt32>, isWhole: Bool) {
    let named = unsafe getenv("NORMALIZATION_TEST").map { unsafe FilePath(String(cString: $0)) }
    let fixture = Fixture.directory.removingLastComponent().appending("unicode")
      .appending("NormalizationTest.txt")
    let text = try FileContents.read(named ?? fixture)
    var lines: [Line] = []
    var listed: Set<UInt32> = []
    var isPart1 = false
    for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let content = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
      if content.hasPrefix("@") { isPart1 = content.hasPrefix("@Part1") }
      let columns = content.split(separator: ";", omittingEmptySubsequences: false).prefix(5)
      guard columns.count == 5, !content.hasPrefix("@") else { continue }
      let scalars = columns.map { column in
        column.split(separator: " ").compactMap { UInt32($0, radix: 16) }
      }
      if isPart1 { listed.formUnion(scalars[0]) }
      lines.append(Line(number: index + 1, columns: scalars.map(bytes)))
    }
    return (lines, listed, named != nil)
  }

  private func bytes(_ scalars: [UInt32]) -> [UInt8] {
    scalars.compactMap(Unicode.Scalar.init).flatMap { Array(String($0).utf8) }
  }

  @Test func columnsAreTheFormsOfColumns() throws {
    let (lines, _, _) = try lines()
    #expect(lines.count > 400)
    for (form, column, sources) in Self.invariants {
      let normalizer = Normalizer(form: form)
      for line in lines {
        let expected = line.columns[column]
        for source in sources {
          let text = line.columns[source]
          #expect(try normalizer.normalize(text) == expected, "line \(line.number), \(form)")
          // The quick check says what normalising does.
          #expect(try normalizer.isNormal(text) == (text == expected), "line \(line.number)")
        }
      }
    }
  }

  /// Streams cut behind every byte, so inside scalars and between a letter and its marks.
  @Test func streamsGiveTheSame() throws {
    let (lines, _, _) = try lines()
    for (form, column, _) in Self.invariants where column != 3 || form == .nfkc {
      let normalizer = Normalizer(form: form)
      for line in lines {
        let text = Array("a".utf8) + line.columns[0] + Array("b".utf8)
        let expected = try normalizer.normalize(text)
        var stream = NormalizationStream(normalizer)
        for cut in 0...text.count {
          var result = try stream.append(Array(text[..<cut]))
          result += try stream.append(Array(text[cut...]))
          result += try stream.finish()
          #expect(result == expected, "line \(line.number), \(form), cut at \(cut)")
        }
        var result: [UInt8] = []
        for byte in text { result += try stream.append([byte]) }
        result += try stream.finish()
        #expect(result == expected, "line \(line.number), \(form), byte by byte")
      }
    }
  }

  /// With the whole file: what part 1 does not list, no form changes.
  @Test func noOtherScalarChanges() throws {
    let (_, listed, isWhole) = try lines()
    guard isWhole else { return }
    // Scalars that Unicode 8.0 had, as in the file's second clause.
    for form in NormalizationForm.allCases where form != .none {
      let normalizer = Normalizer(form: form, unicode: UnicodeVersion(8))
      for value in UInt32(0)..<0x110000 where !listed.contains(value) {
        guard Unicode.Scalar(value) != nil else { continue }
        let text = bytes([value])
        #expect(try normalizer.normalize(text) == text, "U+\(String(value, radix: 16))")
      }
    }
  }

  @Test func streamsNameWhatIsNoUTF8() throws {
    var stream = NormalizationStream(Normalizer(form: .nfc))
    #expect(try stream.append(Array("ab\u{E9}".utf8) + [0xC3]) == Array("ab".utf8))
    #expect(throws: TokenizerError.invalidUTF8(byteOffset: 4)) { try stream.append([0x41]) }
  }
}
