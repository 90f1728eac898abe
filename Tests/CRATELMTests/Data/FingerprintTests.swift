import CRATELM
import Storage
import Testing

@Suite struct FingerprintTests {
  /// The examples of FIPS 180-2, appendix B.
  @Test func publishedDigests() {
    #expect(
      Fingerprint(of: Array("abc".utf8)).description
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      Fingerprint(of: Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8))
        .description == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
  }

  @Test func onlyLowerCaseDigestsAreRead() {
    let hex = Fingerprint(of: []).description
    #expect(Fingerprint(rawValue: hex) == Fingerprint(of: []))
    for wrong in [hex.uppercased(), String(hex.dropLast()), hex + "0", "", "é" + hex.dropFirst(2)] {
      #expect(Fingerprint(rawValue: wrong) == nil)
    }
  }
}
